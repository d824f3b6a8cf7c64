// SPDX-License-Identifier: MIT
// The list to the left: system calls, all events, or what was found. Only the rows in sight exist.

const LIST = { kind: "calls", height: 24 };

function listLength() {
	return LIST.kind === "calls" ? D.calls.length : LIST.kind === "events" ? D.n : S.matches.length;
}
const listEvent = (k) => LIST.kind === "calls" ? D.calls[k].from : LIST.kind === "events" ? k : S.matches[k];

// The row of the current step, or the one before it.
function listRow() {
	if (S.at < 0) return -1;
	if (LIST.kind === "events") return S.at;
	if (LIST.kind === "found") return upper(S.matches, S.at) - 1;
	let best = -1;
	for (let k = upper(D.callStarts, S.at + 2) - 1; k >= 0 && k > best - 400; k--) {
		const c = D.calls[k];
		if (c.pid === D.pid[S.at] && c.to >= S.at) return k;
		if (best < 0) best = k;
	}
	return best;
}

function callText(c) {
	const m = /^(.*) = (.*)$/s.exec(c.text), bad = m && /^-\d|^-1 E/.test(m[2]);
	const out = el("span", { className: "text", title: c.text }, m ? m[1] : c.text);
	if (m) out.append(el("span", { className: "off" }, " = "), el("span", { className: bad ? "bad" : "" }, m[2]));
	return out;
}

function rowOf(k, current) {
	const i = listEvent(k), tasks = S.manyTasks;
	const row = el("div", { className: "row", id: `row${k}`, role: "option", ariaSelected: String(k === current) });
	row.style.top = `${k * LIST.height}px`;
	row.append(el("span", { className: "when" }, shortTime(D.t[i])));
	if (tasks) row.append(el("span", { className: "task" }, String(D.pid[i] || "idle")));
	if (LIST.kind === "calls") row.append(callText(D.calls[k]));
	else {
		const depth = D.type[i] === D.T.call || D.type[i] === D.T.ret ? Math.min(12, stackAt(i).length) : 0;
		row.append(el("span", { className: depth ? "text off" : "text", title: oneLine(i) }, "\u00a0".repeat(depth) + oneLine(i)));
	}
	row.onclick = () => { $("rows").focus({ preventScroll: true }); select(LIST.kind === "calls" ? callStep(D.calls[k]) : i); };
	return row;
}

// A call begins with its crossing, if that is known.
function callStep(c) {
	const e = before(c.from + 1, c.pid, "enter");
	return e >= 0 && c.from - e < 12 ? e : c.from;
}

// All rows in one unit, which the head of the list names.
const listUnit = () => D.t[D.n - 1] < 1e6 ? ["\u00b5s", 1e3, 2] : ["ms", 1e6, 3];
function shortTime(ns) {
	const [, size, digits] = listUnit();
	return (ns / size).toFixed(digits);
}

// Browsers have a greatest height of an element: beyond it, rows are found by the part that is scrolled.
const MOST_ROWS = Math.floor(8e6 / LIST.height);

// How high the list is; it changes with the list only.
function setHeight() {
	const n = listLength();
	if (!LIST.tall) LIST.tall = el("div", { className: "tall" });
	LIST.tall.style.height = `${Math.min(n, MOST_ROWS) * LIST.height}px`;
	if (LIST.tall.parentElement !== $("rows")) $("rows").replaceChildren(LIST.tall);
	LIST.length = n;
}

function fillList() {
	const box = $("rows"), n = listLength(), top = box.scrollTop, high = box.clientHeight, shown = Math.min(n, MOST_ROWS);
	LIST.first = n > MOST_ROWS ? Math.floor((n - MOST_ROWS) * Math.min(1, top / (8e6 - high))) : 0;
	const from = Math.max(0, Math.floor(top / LIST.height) - 4), to = Math.min(shown, from + Math.ceil(high / LIST.height) + 9);
	const current = listRow(), rows = [LIST.tall];
	for (let k = from; k < to; k++) {
		const row = rowOf(k + LIST.first, current);
		row.style.top = `${k * LIST.height}px`;
		rows.push(row);
	}
	if (!n) rows.push(el("p", { className: "empty" }, LIST.kind === "calls" ? "No system call was recorded." : "Nothing."));
	box.replaceChildren(...rows);
	box.setAttribute("aria-activedescendant", current >= 0 ? `row${current}` : "");
}

function followList() {
	const box = $("rows");
	if (LIST.length !== listLength() || !LIST.tall) setHeight();
	const k = listRow(), y = (k - (LIST.first || 0)) * LIST.height, top = box.scrollTop, high = box.clientHeight;
	if (k >= 0 && (y < top || y > top + high - 2 * LIST.height)) box.scrollTop = Math.max(0, y - high / 2);
	fillList();
}

function showList(kind) {
	LIST.kind = kind;
	for (const k of ["calls", "events", "found"]) {
		$(`tab-${k}`).setAttribute("aria-selected", String(k === kind));
		$(`tab-${k}`).tabIndex = k === kind ? 0 : -1;
	}
	$("rows").setAttribute("aria-label", { calls: "System calls", events: "Events", found: "What was found" }[kind]);
	LIST.length = -1;
	$("rows").scrollTop = 0;
	followList();
}

function setUpList() {
	$("unit").textContent = `time in ${listUnit()[0]}`;
	const box = $("rows");
	let waiting = false;
	box.addEventListener("scroll", () => {
		if (!waiting) requestAnimationFrame(() => { waiting = false; fillList(); });
		waiting = true;
	});
	for (const k of ["calls", "events", "found"]) $(`tab-${k}`).onclick = () => showList(k);
	tabKeys($("tab-calls").parentElement);
	tabKeys($("pane-list").parentElement);
	box.addEventListener("keydown", (e) => {
		const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e9, End: 1e9 };
		if (!(e.key in moves) || !listLength()) return;
		e.preventDefault();
		e.stopPropagation();
		const k = Math.max(0, Math.min(listLength() - 1, listRow() + moves[e.key]));
		select(LIST.kind === "calls" ? callStep(D.calls[k]) : listEvent(k), { quiet: true });
	});
}

function tabKeys(bar) {
	bar.addEventListener("keydown", (e) => {
		const d = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
		if (!d) return;
		e.stopPropagation();
		const tabs = [...bar.querySelectorAll("[role=tab]")].filter((t) => !t.hidden);
		const t = tabs[(tabs.indexOf(document.activeElement) + d + tabs.length) % tabs.length];
		t.focus();
		t.click();
	});
}
