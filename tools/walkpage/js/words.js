// SPDX-License-Identifier: MIT
// Each event in words: a title, a line for lists, and what the CPU and the kernel did, step by step.
// In the texts `x` is code.

const HOW = { syscall: "system call", int80: "int 0x80", sysenter: "sysenter", exception: "exception",
	interrupt: "interrupt", nmi: "NMI" };
const WHY = { blocked: "it waits", "slice used up": "its slice is used up", preempted: "it was preempted",
	yielded: "it yielded", exited: "it has ended", affinity: "it may not run on this CPU" };
const isCall = (how) => how === "syscall" || how === "int80" || how === "sysenter";

// The event's system call: its number and name are told by the event after the crossing.
function callOf(i) {
	for (let k = i + 1; k < Math.min(D.n, i + 12); k++)
		if (D.pid[k] === D.pid[i] && D.type[k] === D.T.sys_enter) return detail(k);
	return null;
}

function entryName(e) {
	if (e.how === "syscall") return "entry_SYSCALL_64";
	if (e.how === "int80") return "entry_INT80_compat";
	if (e.how === "sysenter") return "entry_SYSENTER_compat";
	if (e.how === "nmi") return "nmi";
	if (e.how === "exception" && e.name) return e.name;
	if (e.how === "interrupt") return /timer/.test(e.name || "") || e.vector === 0xec ? "apic_timer_interrupt" : "common_interrupt";
	return e.name || "common_interrupt";
}

function enterName(i, e) {
	if (!isCall(e.how)) return (e.name || HOW[e.how]).replace(/_/g, " ");
	const c = callOf(i);
	return c ? c.name : `call ${parseInt(e.regs?.orig_ax ?? "0", 16)}`;
}

// One line, for lists and hints.
function oneLine(i) {
	const e = detail(i);
	switch (e.ev) {
	case "enter": return isCall(e.how) ? `\u2193 ${HOW[e.how]} ${enterName(i, e)}` : `\u2193 ${HOW[e.how]}: ${enterName(i, e)}`;
	case "exit": return `\u2191 to user mode by ${(e.how || "?").toUpperCase()}`;
	case "sys_enter": return `${e.name}(${(e.args || []).join(", ")})`;
	case "sys_exit": return e.text || `${e.name} = ${e.ret}`;
	case "call": return `${e.fn}() {`;
	case "ret": return `} ${e.fn} = ${e.ret}`;
	case "switch": return `switch ${taskName(e.prev.pid)} \u2192 ${taskName(e.next.pid)}: ${e.why}${e.on ? " on " + e.on : ""}`;
	case "wakeup": return `${e.new ? "wakes the new task" : "wakes"} ${e.comm || ""} ${e.target}`;
	case "fork": return `fork: child ${e.child}`;
	case "exec": return `exec ${e.file}`;
	case "task": return `task ${e.pid} is ${e.comm}`;
	case "task_exit": return e.code & 127 ? `ends, killed by signal ${e.code & 127}` : `ends, exit code ${e.code >> 8 & 255}`;
	case "fault": return `page fault: ${e.access} ${e.address}, ${e.cause}: ${e.done}`;
	case "signal_generate": return `${e.sig} sent to ${e.target}`;
	case "signal_deliver": return `${e.sig} delivered`;
	case "irq": return `${e.name || "interrupt"} handler, ${e.phase}`;
	case "page_alloc": return `page ${e.pfn} allocated, order ${e.order}`;
	case "page_free": return `page ${e.pfn} freed, order ${e.order}`;
	case "migrate": return `moves from CPU ${e.from} to ${e.to}`;
	case "lost": return `${e.count} events lost here`;
	case "end": return `the end: ${e.status}`;
	default: return e.ev + " " + Object.entries(e).filter(([k]) => k !== "ev" && k !== "pid").map(([k, v]) =>
		`${k} ${typeof v === "object" ? JSON.stringify(v) : v}`).join(", ");
	}
}

// walk tells the bytes of an instruction; the page knows their text.
const insn = (bytes) => (D.insns && D.insns[bytes]) || bytes || "";

function enterWords(i, e) {
	const r = e.regs || {}, u = e.user || {}, at = u.symbol ? `\`${u.symbol}\`` : `\`${r.ip}\``, out = [];
	const pti = e.cr3 && e.cr3[0] !== e.cr3[1], name = entryName(e);
	if (e.how === "syscall") {
		const c = callOf(i), nr = c ? c.nr : parseInt(r.orig_ax, 16);
		out.push(`The program executes \`syscall\` at ${at}${u.file ? ` of \`${u.file}\`` : ""} with \`rax\` = ${nr}, the number of \`${c ? c.name : "?"}\`.`,
			"The CPU saves `rip` in `rcx` and `rflags` in `r11`, takes `cs` and `ss` from `MSR_STAR`, clears the flags named by `MSR_SYSCALL_MASK` (`IF` is one: no interrupts now), and jumps to the address in `MSR_LSTAR`. It leaves `rsp` alone: the stack is still the program's.",
			"`swapgs`: `%gs` now leads to this CPU's data, where the kernel finds its own stack.",
			`\`rsp\` is parked in \`rsp_scratch\`${pti ? ", `CR3` gets the kernel's page tables" : ""}, and \`cpu_current_top_of_stack\` becomes \`rsp\`.`,
			"Fifteen pushes and room for six more words make a `struct pt_regs`: all that the program must get back. A call that is watched goes the slow way: `SAVE_EXTRA_REGS` fills the room, and `do_syscall_64` goes on in C.");
		if (c) out.push(`Entry ${c.nr} of \`sys_call_table\` is \`__x64_sys_${c.name}\`.`);
		return out;
	}
	if (isCall(e.how)) {
		const c = callOf(i);
		out.push(`The program executes \`${e.how === "int80" ? "int $0x80" : "sysenter"}\` at ${at}${c ? ` with \`eax\` = ${c.nr}: \`${c.name}\` in the table of 32-bit programs` : ""}. Unlike \`syscall\`, this is an interrupt: the CPU itself changes the stack, and \`rcx\` and \`r11\` stay.`);
	} else if (e.how === "exception") {
		out.push(`The instruction ${insn(u.insn) ? `\`${insn(u.insn)}\` ` : ""}at ${at} cannot go on: ${e.name || "exception"}${e.vector === 14 ? `, at the address \`${e.cr2}\`, which the CPU puts into \`CR2\`` : ""}.`);
	} else {
		out.push(`A device wants the CPU between two instructions: before the one at ${at}. The program did nothing for it and will not notice.`);
	}
	out.push(`The CPU looks into the IDT, entry ${e.vector ?? "?"}, takes the stack pointer \`rsp0\` from the TSS, and pushes five words: \`ss\`, \`rsp\`, \`rflags\`, \`cs\`, \`rip\`${e.vector === 14 || (e.vector >= 10 && e.vector <= 14) ? ", and an error code" : ""}. Interrupts are off. It goes on at \`${name}\`.`,
		`The entry code pushes the other registers${pti ? ", loads the kernel's page tables into `CR3` and moves the frame from the entry stack to the task's own stack" : ""}, and does \`swapgs\`, since user mode was interrupted.`);
	return out;
}

// Why not SYSRET, as walk says it, and what is behind it.
const NOT_SYSRET = [
	[/^rcx/, "SYSRET takes `rip` from `rcx`, and here `rcx` is something else (so it is after execve, and around signal handlers)"],
	[/canonical/, "on Intel, SYSRET to an address that is not canonical faults in ring 0, on the user's stack"],
	[/^r11/, "SYSRET takes `rflags` from `r11`, and here `r11` is something else"],
	[/^cs/, "SYSRET loads fixed segments, and these are others"],
	[/^RF/, "SYSRET cannot set `RF`, and with `TF` it would trap one instruction too early"],
	[/syscall|system call/, "every register, `rcx` and `r11` too, must get its value back"],
];

function whyIret(why) {
	const known = NOT_SYSRET.find(([rx]) => rx.test(why || ""));
	return why ? `: ${why}${known ? `; ${known[1]}` : ""}` : "";
}

function exitWords(i, e) {
	const r = e.regs || {}, out = [];
	if (e.how === "sysret") out.push("SYSRET will do, the fast way back: `rcx` is the address to return to, `r11` the flags, the segments are the usual ones.");
	else if (e.how === "iret") out.push(`IRET, the way back that can load anything${whyIret(e.why)}.`);
	else out.push("Back by SYSEXIT.");
	out.push("The registers are loaded from `struct pt_regs`" + (e.cr3 && e.cr3[0] !== e.cr3[1] ? ", the user's page tables into `CR3`," : "") + " and `swapgs` gives the program its `%gs` back.",
		e.how === "iret" ? `\`iretq\` pops \`rip\` \`cs\` \`rflags\` \`rsp\` \`ss\` in one go; the program runs on at \`${r.ip}\`.` :
			`\`sysretq\` loads \`rip\` from \`rcx\` and \`rflags\` from \`r11\`; the program runs on at \`${r.ip}\`${r.ax !== undefined ? ` with \`rax\` = \`${r.ax}\`` : ""}.`);
	return out;
}

// Where the next task goes on. The function tracer puts an address of its own into the place of the true one.
function goesOn(i, e) {
	const at = e.next.at || e.next.ip || "?";
	const fresh = !D.crossings.subarray(0, lower(D.crossings, i)).some((k) => D.type[k] === D.T.switch && detail(k).prev.pid === e.next.pid) &&
		D.flows.some((f) => f[0] === "fork" && f[4] === e.next.pid);
	return { fresh, at: at === "return_to_handler" ? (fresh ? "ret_from_fork" : "context_switch") : at, hooked: at === "return_to_handler" };
}

function switchWords(i, e) {
	const p = taskName(e.prev.pid), n = taskName(e.next.pid), same = e.cr3 && e.cr3[0] === e.cr3[1], on = goesOn(i, e);
	const why = e.why === "preempted" ? `\`${n}\` is more urgent${e.by ? `, and was just woken by \`${taskName(e.by)}\`` : ""}` :
		`${WHY[e.why] || e.why}${e.on ? `, in \`${e.on}\`` : ""}`;
	return [
		`\`${p}\` gives up the CPU: ${why}. Its state is now \`${e.prev.state}\`. The scheduler picks \`${n}\`.`,
		same ? "`CR3` stays: the next task has the same address space, or none and borrows this one." :
			`\`CR3\` gets the next task's page tables: \`${e.cr3?.[0]}\` becomes \`${e.cr3?.[1]}\`. The kernel's half is the same in both, so the code goes on.`,
		"`__switch_to_asm` pushes `rbp rbx r12 r13 r14 r15` on the old stack, keeps `rsp` in the task, loads the other task's `rsp`, and pops six words. From that one `mov` on, everything is the other task's.",
		`\`${n}\` goes on ${on.fresh ? "for the first time" : "where it left off"}: at \`${on.at}\`${on.fresh ? ", a return address that `copy_thread_tls` built for it" : ""}${on.hooked ? " (by way of `return_to_handler`, where the function tracer notes returns)" : ""}.`,
	];
}

function words(i) {
	const e = detail(i);
	switch (e.ev) {
	case "enter": return { title: `Into the kernel: ${isCall(e.how) ? enterName(i, e) : enterName(i, e)}`, kind: isCall(e.how) ? "kernel" : e.how === "exception" ? "kernel" : "interrupt", steps: enterWords(i, e) };
	case "exit": return { title: `Back to user mode, by ${(e.how || "?").toUpperCase()}`, kind: "user", steps: exitWords(i, e) };
	case "switch": return { title: `Switch: ${taskName(e.prev.pid)} \u2192 ${taskName(e.next.pid)}`, kind: e.next.pid ? "kernel" : "idle", steps: switchWords(i, e) };
	case "sys_enter": return { title: `${e.name} begins`, kind: "kernel", steps: [`Number ${e.nr}; \`sys_call_table\` leads to \`__x64_sys_${e.name}\`. Its arguments came in \`rdi rsi rdx r10 r8 r9\`.`] };
	case "sys_exit": return { title: `${e.name} returns`, kind: "kernel", steps: [`\`${e.text || e.ret}\``, `The result goes into \`pt_regs->ax\`, from where it will get into \`rax\`.`] };
	case "call": return { title: `${e.fn}()`, kind: "kernel", steps: [] };
	case "ret": return { title: `${e.fn}() returns`, kind: "kernel", steps: [] };
	case "fault": return { title: `Page fault: ${e.done}`, kind: "kernel", steps: [`A ${e.access} at \`${e.address}\` by the instruction at \`${e.ip}\`: ${e.cause}.`, `What the kernel did: ${DONE[e.done] || e.done}.`] };
	case "wakeup": return { title: `Wakes ${e.comm || "task"} ${e.target}`, kind: "kernel", steps: [e.new ? "A new task goes into a run queue for the first time: it will run when its turn comes." : "It was asleep. Now it is in a run queue, and it will run when its turn comes."] };
	case "fork": return { title: `fork: task ${e.child} is born`, kind: "kernel", steps: ["`copy_process` has made a second task: a copy of the parent's registers on a kernel stack of its own. Both will return from the same call, the child with 0."] };
	default: return { title: oneLine(i), kind: /irq|timer/.test(e.ev) ? "interrupt" : "kernel", steps: [] };
	}
}

const DONE = {
	"zero page": "it mapped the page of zeroes, for reading only: memory is taken when something is written",
	"anon page": "it took a fresh page, cleared it and mapped it",
	"copied on write": "the page was shared since a fork; the writer gets a copy of its own (copy-on-write)",
	"taken back": "nobody shares the page any more, so it was just made writable again",
	"new page": "it took a fresh page, cleared it and mapped it",
	"new zeroed page": "it took a fresh page, cleared it and mapped it",
	"made writable": "the page was there already and was made writable",
	"private copy of file page": "the program writes to a private mapping of a file: it gets a copy of its own",
	"tried again": "it changed nothing: meanwhile another task had done it, or it will be tried again",
	"file page": "it mapped the page of the file that is in the page cache",
	"cow copy": "the page was shared since a fork; the writer gets a copy of its own (copy-on-write)",
	"cow take-back": "nobody shares the page any more, so it was just made writable again",
	"stack growth": "the stack grew by a page",
	SIGSEGV: "there is nothing at this address: the task gets SIGSEGV",
	SIGBUS: "the file has no such page: the task gets SIGBUS",
};
