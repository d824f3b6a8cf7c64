// SPDX-License-Identifier: MIT
// The source of the function under the cursor. Its callers stand above it, and lead to theirs.

const KEYWORDS = new Set(("auto break case char const continue default do double else enum extern float for goto if inline int long " +
	"register return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL " +
	"u8 u16 u32 u64 s8 s16 s32 s64 size_t").split(" "));

// Pieces of a line: [class, text]. `inside` says that a comment goes on from the line before.
function tokens(line, asm, inside) {
	const out = [], rx = asm ? /(\/\*)|("(?:[^"\\]|\\.)*")|(\$?-?\b(?:0x[0-9a-fA-F]+|\d+)\b)|(%\w+|^\s*#\s*\w+|\.\w+)|(\w+:)/g :
		/(\/\*)|(\/\/.*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\b(?:0x[0-9a-fA-F]+|\d+)[uUlL]*\b)|(^\s*#\s*\w+)|(\b[A-Za-z_]\w*\b)/g;
	let at = 0;
	const comment = (from) => {
		const end = line.indexOf("*/", from);
		const to = end < 0 ? line.length : end + 2;
		out.push(["c", line.slice(at, to)]);
		at = to;
		return end < 0;
	};
	if (inside && comment(0)) return [out, true];
	rx.lastIndex = at;
	for (let m; (m = rx.exec(line));) {
		if (m.index < at) continue;
		if (m[1]) {
			if (m.index > at) out.push(["", line.slice(at, m.index)]);
			at = m.index;
			if (comment(m.index + 2)) return [out, true];
			rx.lastIndex = at;
			continue;
		}
		const kind = asm ? (m[2] ? "s" : m[3] ? "n" : m[4] ? "k" : "d") :
			m[2] ? "c" : m[3] ? "s" : m[4] ? "n" : m[5] ? "k" : KEYWORDS.has(m[6]) ? "k" : "";
		if (!kind) continue;
		if (m.index > at) out.push(["", line.slice(at, m.index)]);
		out.push([kind, m[0]]);
		at = m.index + m[0].length;
	}
	if (at < line.length) out.push(["", line.slice(at)]);
	return [out, false];
}

// Which functions matter at event i, outermost first: [{name, go}], and which lines to mark in the last.
function functionsAt(i) {
	const e = detail(i), list = [], has = (n) => D.sources[n];
	const enter = e.ev === "enter" ? i : before(i, D.pid[i], "enter");
	if (e.ev === "enter") return [...userPlace(e.regs?.ip), { name: entryName(e) }];
	if (e.ev === "exit") return [...userPlace(e.regs?.ip), { name: e.how === "sysret" ? "entry_SYSCALL_64" : "restore_regs_and_return_to_usermode", label: e.how === "sysret" ? "syscall_return_via_sysret" : "" }];
	const inside = enter >= 0 && before(i, D.pid[i], "exit") < enter;
	if (inside) list.push({ name: entryName(detail(enter)), go: enter });
	for (const s of stackAt(i)) if (s.row > 0) list.push({ name: s.name, go: s.from });
	if (e.ev === "sys_enter" || e.ev === "sys_exit") {
		const name = `__x64_sys_${e.name}`;
		if (has(name) && !list.some((f) => f.name === name)) list.push({ name });
	}
	if (e.ev === "switch") {
		if (!list.some((f) => f.name === "context_switch") && has("context_switch")) list.push({ name: "context_switch" });
		if (has("__switch_to_asm")) list.push({ name: "__switch_to_asm" });
	}
	return list;
}

// The program's own line, where its DWARF knows it.
function userPlace(ip) {
	const at = ip && D.user.places && D.user.places[ip];
	if (!at) return [];
	const f = D.user.functions[at[0]];
	return [{ name: f.name, user: { ...f, line: at[1] } }];
}

// Of several functions of one name, the one in its caller's file.
function sourceOf(name, file) {
	const all = D.sources[name];
	return all ? all.find((s) => s.file === file) || all[0] : null;
}

function showSource(i, chosen) {
	const panel = $("source");
	if (i < 0) {
		panel.replaceChildren(el("p", { className: "empty" }, "The source of the step shows here."));
		return;
	}
	const list = functionsAt(i);
	let at = chosen ?? list.length - 1;
	if (chosen === undefined) while (at > 0 && !D.sources[list[at].name]) at--;
	panel.replaceChildren();
	if (!list.length) {
		panel.append(el("p", { className: "empty" }, D.pid[i] ? "No kernel function is open here." : "The CPU idles."));
		return;
	}
	const crumbs = el("nav", { className: "crumbs", ariaLabel: "Callers" });
	list.forEach((f, k) => {
		if (k) crumbs.append(el("span", { ariaHidden: "true" }, "\u203a"));
		crumbs.append(el("button", { type: "button", className: "link", ariaCurrent: k === at ? "true" : "false",
			onclick: () => showSource(i, k) }, f.name));
	});
	let file = null;
	for (let k = 0; k <= at; k++) file = (sourceOf(list[k].name, file) || { file }).file;
	const f = list[at], src = f.user || sourceOf(f.name, file), next = list[at + 1];
	panel.append(crumbs);
	if (!src) {
		panel.append(el("p", { className: "empty" }, `There is no source of ${f.name} in this page.`));
		return;
	}
	const marks = new Set([src.line]);
	if ((next || f.label) && !f.user) marks.delete(src.line);
	text(panel, src, f.name, (line, nr) => {
		if (marks.has(nr)) return true;
		if (f.label && new RegExp(`^${f.label}:`).test(line)) return true;
		return next && !f.user && new RegExp(`\\b${next.name.replace(/^__x64_sys_.*/, "sys_call_table")}\\b`).test(line) && !/^\s*\*|\/\*/.test(line.trim());
	});
}

function text(panel, src, name, marked) {
	const asm = src.file.endsWith(".S"), pre = el("pre", { tabIndex: 0, role: "region", ariaLabel: `Source of ${name}` });
	pre.style.tabSize = asm ? 8 : 4;	// the comments of assembler stand in columns
	panel.append(el("p", { className: "file" }, el("code", {}, `${src.file}:${src.line}`)), pre);
	let inside = false, first = null;
	src.text.split("\n").forEach((line, k) => {
		const nr = src.first + k, [parts, more] = tokens(line, asm, inside), hit = marked(line, nr);
		inside = more;
		const row = el("span", { className: hit ? "line hit" : "line" }, el("i", { ariaHidden: "true" }, String(nr)));
		const code = el("code");
		for (const [kind, t] of parts) code.append(kind ? el("b", { className: kind }, t) : t);
		code.append("\n");
		row.append(code);
		pre.append(row);
		if (hit && !first) first = row;
	});
	const far = first && first.offsetTop - panel.offsetTop - panel.clientHeight * 0.35;
	panel.scrollTop = far > 0 && first.offsetTop + 60 > panel.clientHeight + panel.offsetTop ? far : 0;
}

// A line of the entry code, from the stack picture.
function showPlace([file, line]) {
	for (const [name, all] of Object.entries(D.sources))
		for (const src of all)
			if (src.file === file && src.first <= line && line < src.first + src.text.split("\n").length) {
				$("source").replaceChildren(el("p", { className: "crumbs" }, el("code", {}, name)));
				text($("source"), src, name, (_, nr) => nr === line);
				return showPane("source");
			}
}
