// SPDX-License-Identifier: MIT
// The panel of one step: what happened, in words, registers, the stack.

// `x` in a text is code.
function rich(text, tag = "p") {
	const e = el(tag);
	text.split("`").forEach((part, n) => e.append(n % 2 ? el("code", {}, part) : part));
	return e;
}

function facts(i) {
	const list = [taskName(D.pid[i]), `CPU ${D.cpu[i]}`, moment(D.t[i])];
	return el("p", { className: "facts" }, list.join(" \u00b7 "));
}

// The kernel stack while functions run: pt_regs at the top, then a frame for each function that is open.
function frames(i) {
	const stack = stackAt(i).filter((s) => s.row > 0), c = before(i + 1, D.pid[i], "enter");
	const inside = c >= 0 && before(i, D.pid[i], "exit") < c;
	if (!stack.length) return inside ? lastCrossing(c) : null;
	const jump = (to, text) => el("button", { type: "button", className: "link", onclick: () => select(to) }, text);
	const list = el("ol");
	if (inside) list.append(el("li", { className: "block entry" }, jump(c, "struct pt_regs"), el("span", {}, oneLine(c).slice(2))));
	for (const s of stack)
		list.append(el("li", { className: "block" }, jump(s.from, s.name), el("span", {}, duration(D.t[s.to] - D.t[s.from]))));
	list.append(el("li", { className: "edge" }, "rsp: deeper calls go below"));
	return el("div", { className: "pile" }, el("h3", {}, "Kernel stack", el("span", {}, "the callee's frame below its caller's")), list);
}

function callMoment(i, e, panel) {
	const stack = stackAt(i), me = [...stack].reverse().find((s) => s.row > 0 && s.name === e.fn) || stack.at(-1);
	if (!me) return;
	const up = stack[stack.indexOf(me) - 1], end = D.type[me.to] === D.T.ret && D.names[D.name[me.to]] === e.fn;
	const text = [up ? `Called by \`${up.name}\`.` : "", end ? `It takes ${duration(D.t[me.to] - D.t[me.from])} and returns \`${hex(D.ret[me.to])}\`${signed(hex(D.ret[me.to])) ? ` (${signed(hex(D.ret[me.to]))})` : ""}.` :
		"It does not return within this walk."];
	panel.append(rich(text.filter(Boolean).join(" ")));
}

function showMoment(i) {
	const panel = $("moment"), e = detail(i), w = words(i);
	panel.replaceChildren(el("h2", { className: w.kind }, w.title), facts(i));
	if (e.ev === "call" || e.ev === "ret") callMoment(i, e, panel);
	if (w.steps.length > 2) panel.append(el("ol", { className: "story" }, ...w.steps.map((t) => rich(t, "li"))));
	else panel.append(...w.steps.map((t) => rich(t)));
	if (e.ev === "enter" || e.ev === "exit") {
		if (!e.regs) return;
		const from = e.ev === "exit" ? cameIn(i) : null;
		if (from && from.at >= 0)
			panel.append(el("p", {}, from.parent ? "New: it never came in. Its parent did, " : "It came in ",
				el("button", { type: "button", className: "link", onclick: () => select(from.at) }, `${duration(D.t[i] - D.t[from.at])} ago`), "."));
		panel.append(registerTable(i, e), stackPicture(i, e));
	} else if (e.ev === "switch") {
		panel.append(registerTable(i, e), twoStacks(i, e));
	} else {
		panel.append(...[w.steps.length ? null : rawFacts(e), frames(i)].filter(Boolean));
	}
	panel.scrollTop = 0;
}

const SAID = new Set(["ev", "pid", "fn", "ret", "text", "regs", "prev", "next"]);
function rawFacts(e) {
	const rows = Object.entries(e).filter(([k, v]) => !SAID.has(k) && v !== "" && typeof v !== "object");
	if (!rows.length) return null;
	return el("dl", {}, ...rows.flatMap(([k, v]) => [el("dt", {}, k.replace(/_/g, " ")), el("dd", {}, String(v))]));
}

function lastCrossing(c) {
	return el("p", {}, "On the kernel stack lies what was saved when the task came in: ",
		el("button", { type: "button", className: "link", onclick: () => select(c) }, oneLine(c).slice(2)), ".");
}

// What is shown before the first step, and on asking.
function about() {
	S.at = -1;
	S.stack = [];
	const m = D.meta, prog = (m.argv || [m.program]).join(" "), tasks = D.lanes.filter((l) => l.kind === "task").length;
	$("moment").replaceChildren(
		el("h2", {}, "What am I looking at?"),
		rich(`A run of \`${prog}\` on the Vitrix kernel, recorded while it happened: every time a CPU went from the program into the kernel and back, and what the kernel did in between. Nothing here is a model; all values are those of that run.`),
		el("ul", { className: "story" },
			rich("Above, time goes to the right. A lane for each CPU shows what it did; below it a lane for each task shows when it ran, slept, or waited for a CPU. Where colours lie above each other, too much happened for the width: zoom in.", "li"),
			rich("Below the lanes are the kernel's functions, the callee under its caller. The top row is the reason why the kernel runs: a system call, a page fault, an interrupt.", "li"),
			rich("Here you go from crossing to crossing. Each tells what the CPU and the entry code do, which registers change, and how the program's registers come to lie on the kernel stack.", "li"),
			rich("To the right is the source of what runs at that moment; to the left the system calls, as `strace` would list them. Click one to go there.", "li")),
		el("p", {}, el("button", { type: "button", className: "start", onclick: () => stepEnd(-1) }, "Start at the first crossing")),
		el("dl", {},
			el("dt", {}, "kernel"), el("dd", {}, m.kernel || "?"),
			el("dt", {}, "program"), el("dd", {}, m.program || "?"),
			el("dt", {}, "it ended"), el("dd", {}, D.end.status || "not within this walk"),
			el("dt", {}, "machine"), el("dd", {}, `${m.cpus || 1} CPU${m.cpus > 1 ? "s" : ""}, page-table isolation ${m.pti ? "on" : "off"}`),
			...(D.clock ? [el("dt", {}, "time"), el("dd", {}, D.clock)] : []),
			el("dt", {}, "recorded"), el("dd", {}, `${D.n.toLocaleString("en")} events, ${D.crossings.length.toLocaleString("en")} crossings and switches, ${tasks} task${tasks > 1 ? "s" : ""}, ${D.lost ? `${D.lost.toLocaleString("en")} events lost` : "nothing lost"}`)));
	$("moment").scrollTop = 0;
	showSource(-1);
	showPane("moment");
	where();
	redraw();
}
