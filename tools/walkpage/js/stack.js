// SPDX-License-Identifier: MIT
// The kernel stack as a picture: high addresses above, each slot of pt_regs with its value and who put it there.

const SLOTS = ["ss", "sp", "flags", "cs", "ip", "orig_ax", "di", "si", "dx", "cx", "ax", "r8", "r9", "r10", "r11", "bx", "bp",
	"r12", "r13", "r14", "r15"];
const FIVE = SLOTS.slice(0, 5), EXTRA = SLOTS.slice(15);

// Who filled a slot: {who: "cpu" | "entry" | "none", text, place: [file, line]}.
function filler(slot, e) {
	const p = D.pushes || {}, fast = e.how === "syscall";
	if (fast) {
		if (EXTRA.includes(slot)) {
			const place = p.extra && p.extra[slot];
			return { who: "entry", text: `mov %${rname(slot)}: SAVE_EXTRA_REGS`, place };
		}
		const text = { ss: "push $__USER_DS", sp: "push rsp_scratch", flags: "push %r11", cs: "push $__USER_CS", ip: "push %rcx",
			orig_ax: "push %rax: the number", ax: "push $-ENOSYS" }[slot] || `push %${rname(slot)}`;
		return { who: "entry", text, place: p.syscall && p.syscall[slot] };
	}
	if (FIVE.includes(slot)) return { who: "cpu", text: "the CPU" };
	if (slot === "ax" && e.how === "int80") return { who: "entry", text: "mov $-ENOSYS", place: p.trap && p.trap.ax };
	if (slot === "orig_ax") {
		if (e.how === "int80" || e.how === "sysenter") return { who: "entry", text: "push %rax: the number" };
		const code = e.vector === 8 || (e.vector >= 10 && e.vector <= 14) || e.vector === 17;
		if (e.how === "exception") return code ? { who: "cpu", text: "the CPU: error code" } : { who: "entry", text: "push $-1" };
		return { who: "entry", text: "the vector's stub" };
	}
	return { who: "entry", text: `push %${rname(slot)}`, place: p.trap && p.trap[slot] };
}

function slotNote(slot, value, e) {
	if (slot === "ip" && e.user && e.user.symbol) return e.user.symbol;
	if (slot === "flags") return flagText(value);
	if (slot === "orig_ax" && e.how === "exception" && e.vector === 14 && e.error) return faultCode(Number(big(e.error)));
	return signed(value) || "";
}

function faultCode(n) {
	return [n & 1 ? "protection" : "not present", n & 2 ? "write" : "read", n & 4 ? "user" : "kernel", n & 16 ? "fetch" : ""]
		.filter(Boolean).join(", ");
}

function slotRow(address, value, name, f, extra) {
	const row = el("tr", { className: `slot ${f.who}` }, el("td", { className: "adr" }, address), el("td", { className: "v" }, value),
		el("th", { scope: "row" }, name));
	const who = el("td", { className: "who" }, f.place ? el("button", { type: "button", className: "link",
		title: `${f.place[0]}:${f.place[1]}`, onclick: () => showPlace(f.place) }, f.text) : f.text);
	if (extra) who.append(el("span", {}, ` ${extra}`));
	row.append(who);
	return row;
}

function stackPicture(i, e) {
	const top = big(e.top || (e.sp && hex(big(e.sp[1]) + 168n))), body = el("tbody"), come = e.ev === "exit" ? cameIn(i) : null;
	const how = come && come.at >= 0 ? { ...detail(come.at), ...(come.parent ? { copied: true } : {}) } : e;
	SLOTS.forEach((slot, k) => {
		const value = slot === "orig_ax" && e.ev === "enter" && e.how === "exception" && e.error ? e.error : e.regs[slot];
		let f = filler(slot, how.how ? how : e);
		if (e.ev === "exit") {
			const was = how.regs && big(how.regs[slot] ?? "0x0");
			const changed = come.at >= 0 && was !== big(value);
			f = how.copied ? { who: "entry", text: slot === "ax" ? "copy_thread_tls: 0" : "copied from the parent" } :
				changed ? { who: "cpu", text: slot === "ax" ? "the result" : "changed by the kernel" } : { who: "none", text: "as it was" };
		}
		body.append(slotRow(hex(top - BigInt(8 * (k + 1))), value ?? "", slot, f, e.ev === "enter" ? slotNote(slot, value, e) : ""));
	});
	const table = el("table", { className: "stack" },
		el("caption", {}, "Kernel stack", el("span", {}, "struct pt_regs, 21 words of 8 bytes")),
		el("thead", {}, el("tr", {}, el("td", { colSpan: 4 }, `${hex(top)}  top of the stack, the highest address`))), body,
		el("tfoot", {}, el("tr", {}, el("td", { colSpan: 4 }, `rsp \u2192 ${hex(top - 168n)}  struct pt_regs *; calls go on below`))));
	return el("div", { className: "wide", tabIndex: 0, role: "group", ariaLabel: "Kernel stack" }, table);
}

// A switch: both stacks side by side, from the top to where each was left.
function twoStacks(i, e) {
	const one = (t, title, next) => {
		const depth = t.sp && t.top ? Number(big(t.top) - big(t.sp)) : 0;
		return el("div", { className: "pile" },
			el("h4", {}, title),
			el("ol", {},
				el("li", { className: "edge" }, el("code", {}, t.top || "?"), " top"),
				el("li", { className: "block entry" }, t.pid ? "pt_regs, 168 bytes" : "no user side"),
				el("li", { className: "block frames" }, depth > 224 ? `frames of its calls, ${depth - 224} bytes` : depth ? "no calls: it is new" : "frames of its calls"),
				el("li", { className: "block" }, next ? `return address: ${goesOn(i, e).at}` : "return address into context_switch"),
				el("li", { className: "block saved" }, "rbp rbx r12 r13 r14 r15"),
				el("li", { className: "edge" }, el("code", {}, t.sp || "?"), ` thread.sp ${next ? "\u2192 rsp" : "\u2190 rsp"}`)));
	};
	return el("div", { className: "two" }, one(e.prev, `${taskName(e.prev.pid)} leaves`, false), one(e.next, `${taskName(e.next.pid)} goes on`, true));
}
