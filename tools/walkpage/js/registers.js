// SPDX-License-Identifier: MIT
// Registers before and after a crossing, as a table; what changed is marked.

const GENERAL = ["ax", "bx", "cx", "dx", "si", "di", "bp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
const FLAGS = [[0x1, "CF"], [0x4, "PF"], [0x10, "AF"], [0x40, "ZF"], [0x80, "SF"], [0x100, "TF"], [0x200, "IF"], [0x400, "DF"],
	[0x800, "OF"], [0x4000, "NT"], [0x10000, "RF"], [0x40000, "AC"], [0x200000, "ID"]];
const SYSCALL_MASK = 0x47700n, GATE_MASK = 0x54700n;	// what `syscall`, and a gate with clac and cld, clear
const rname = (r) => /^r\d/.test(r) ? r : "r" + r;

function flagText(v) {
	const n = Number(BigInt(v) & 0xffffffffn);
	return FLAGS.filter(([bit]) => n & bit).map(([, name]) => name).join(" ") || "none";
}

const big = (v) => { try { return BigInt(v); } catch { return 0n; } };
const hex = (v) => "0x" + v.toString(16);

function signed(v) {
	const n = BigInt.asIntN(64, big(v));
	return n < 0n && n > -4096n ? String(n) : null;
}

// What stands beside a value: the signed number, the flags, a symbol.
function note(name, value) {
	if (value === null || value === undefined) return "";
	if (name === "rflags") return flagText(value);
	if (name === "cs") return (Number(big(value)) & 3) === 3 ? "user code" : "kernel code";
	if (name === "ss") return big(value) === 0n ? "none" : (Number(big(value)) & 3) === 3 ? "user data" : "kernel data";
	return signed(value) || "";
}

function rowsOfEnter(e) {
	const r = e.regs, call = isCall(e.how), rows = [], add = (name, a, b, why) => rows.push({ name, a, b, why });
	const fast = e.how === "syscall";
	for (const g of GENERAL) {
		let a = g === "ax" && call ? r.orig_ax : r[g], b = a;
		if (fast && (g === "cx" || g === "r11")) {
			b = g === "cx" ? r.ip : r.flags;
			add(rname(g), null, b, g === "cx" ? "the CPU: rip" : "the CPU: rflags");
			continue;
		}
		add(rname(g), a, b);
	}
	const ip = fast ? hex(big(r.ip) - 2n) : r.ip;
	add("rip", ip, entryName(e), fast ? "MSR_LSTAR" : `IDT entry ${e.vector ?? 128}`);
	add("rsp", r.sp, e.sp ? e.sp[1] : hex(big(e.top) - 168n), fast ? "the top of the kernel stack, less pt_regs" : "rsp0, less pt_regs");
	add("rflags", r.flags, hex(big(r.flags) & ~(fast ? SYSCALL_MASK : GATE_MASK)), fast ? "MSR_SYSCALL_MASK" : "the gate");
	add("cs", r.cs, "0x10", fast ? "MSR_STAR" : "the gate");
	add("ss", r.ss, fast ? "0x18" : "0x0", fast ? "MSR_STAR" : "no stack segment in the kernel");
	add("gs base", "the program's", "this CPU's data", "swapgs");
	if (e.cr3) add("cr3", e.cr3[0], e.cr3[1], e.cr3[0] === e.cr3[1] ? "" : "page-table isolation");
	if (e.vector === 14) add("cr2", null, e.cr2, "the address that faulted");
	return { before: "user, before", after: "kernel, after", rows };
}

// The crossing that an exit answers: of the same task, or, for a new one, its parent's.
function cameIn(i) {
	const pid = D.pid[i], own = before(i, pid, "enter");
	const born = D.flows.find((f) => f[0] === "fork" && f[4] === pid && f[2] <= i);
	if (own >= 0 && !(born && own < born[2])) return { at: own, parent: false };
	return born ? { at: before(born[1], born[3], "enter"), parent: true } : { at: -1, parent: false };
}

function rowsOfExit(i, e) {
	const r = e.regs, from = cameIn(i), old = from.at >= 0 ? detail(from.at) : null, o = old ? old.regs : {}, rows = [];
	const call = old && isCall(old.how), add = (name, a, b, why) => rows.push({ name, a, b, why });
	for (const g of GENERAL) {
		let a = old ? (g === "ax" && call ? o.orig_ax : o[g]) : null, why = "";
		if (old && old.how === "syscall" && (g === "cx" || g === "r11")) a = null;
		if (g === "ax" && call) why = from.parent ? "0: this is the child" : "the result";
		if (call && g === "cx" && big(r.cx) === big(r.ip)) why = "rip, by syscall";
		if (call && g === "r11" && big(r.r11) === big(r.flags)) why = "rflags, by syscall";
		add(rname(g), a, r[g], why);
	}
	add("rip", old ? (old.how === "syscall" ? hex(big(o.ip) - 2n) : o.ip) : null, r.ip,
		e.how === "sysret" ? "from rcx" : "popped by iretq");
	add("rsp", old ? o.sp : null, r.sp, e.how === "sysret" ? "loaded last" : "popped by iretq");
	add("rflags", old ? o.flags : null, r.flags, e.how === "sysret" ? "from r11" : "popped by iretq");
	add("cs", old ? o.cs : null, r.cs, e.how === "sysret" ? "MSR_STAR" : "popped by iretq");
	add("ss", old ? o.ss : null, r.ss, e.how === "sysret" ? "MSR_STAR" : "popped by iretq");
	add("gs base", "this CPU's data", "the program's", "swapgs");
	if (e.cr3) add("cr3", e.cr3[0], e.cr3[1], e.cr3[0] === e.cr3[1] ? "" : "page-table isolation");
	return { before: !old ? "" : from.parent ? "the parent, when it called" : "when it came in", after: "when it goes on", rows };
}

function rowsOfSwitch(i, e) {
	const rows = [], add = (name, a, b, why) => rows.push({ name, a, b, why });
	add("current", taskName(e.prev.pid), taskName(e.next.pid), "current_task");
	add("rsp", e.prev.sp, e.next.sp, "thread.sp of each");
	add("stack top", e.prev.top, e.next.top, "for the next entry");
	if (e.cr3) add("cr3", e.cr3[0], e.cr3[1], e.cr3[0] === e.cr3[1] ? "" : "another address space");
	add("goes on at", "__switch_to_asm", goesOn(i, e).at, "the return address on its stack");
	return { before: taskName(e.prev.pid), after: taskName(e.next.pid), rows };
}

function registerTable(i, e) {
	const t = e.ev === "enter" ? rowsOfEnter(e) : e.ev === "exit" ? rowsOfExit(i, e) : rowsOfSwitch(i, e);
	const body = el("tbody"), general = (r) => GENERAL.some((g) => rname(g) === r.name);
	let changed = 0;
	// First what makes it a crossing.
	t.rows.sort((a, b) => general(a) - general(b));
	for (const r of t.rows) {
		const same = r.a !== null && (r.a === r.b || (/^0x/.test(r.a) && /^0x/.test(r.b) && big(r.a) === big(r.b)));
		if (!same) changed++;
		const unknown = r.a === null || r.a === undefined;
		const cell = (v) => el("td", { className: "v" }, v ?? "");
		const why = [r.why, note(r.name, r.b)].filter(Boolean).join(r.name === "rflags" ? ": " : "; ");
		body.append(el("tr", { className: same ? "same" : "changed" },
			el("th", { scope: "row" }, same ? "" : el("i", { className: "dot", title: "changed" }, el("span", { className: "unseen" }, "changed: ")), r.name),
			unknown ? el("td", { className: "v lost" }, e.ev === "enter" && /^(rcx|r11)$/.test(r.name) ? "lost" : "not known") : cell(r.a),
			cell(same ? "=" : r.b), el("td", { className: "why" }, same && r.name !== "cr3" ? "" : why)));
	}
	const table = el("table", { className: "regs" },
		el("caption", {}, e.ev === "switch" ? "What changes hands" : "Registers", el("span", {}, `${changed} of ${t.rows.length} changed`)),
		el("thead", {}, el("tr", {}, el("th", { scope: "col" }, ""), el("th", { scope: "col" }, t.before),
			el("th", { scope: "col" }, t.after), el("th", { scope: "col" }, ""))), body);
	return el("div", { className: "wide", tabIndex: 0, role: "group", ariaLabel: "Registers before and after" }, table);
}
