// SPDX-License-Identifier: MIT
// Puts it together: the current step, the buttons, the theme, the heights.

const S = { at: -1, by: "crossing", of: "", stack: [], matches: new Uint32Array(), query: "", manyTasks: false };

// Make event i the current step: everything follows.
function select(i, { stay = false, quiet = false } = {}) {
	if (i < 0 || i >= D.n) return;
	S.at = i;
	const key = treeKey(i);
	V.focus = D.type[i] === D.T.switch && !D.pid[i] ? V.focus : key;
	if (!D.tree.has(V.focus) && D.tree.has(key)) V.focus = key;
	S.stack = stackAt(i, V.focus);
	if (!stay) reveal(i);
	showMoment(i);
	showSource(i);
	followList();
	where();
	foundText();
	keepStackInSight();
	if (!quiet) $("said").textContent = `${words(i).title}, ${taskName(D.pid[i])}, ${moment(D.t[i])}`;
	clearTimeout(S.hash);
	S.hash = setTimeout(() => { try { history.replaceState(null, "", `#${i}`); } catch { /* a page without an address */ } }, 300);
	redraw();
}

// The row of the innermost open function should be seen.
function keepStackInSight() {
	const L = layout(), deep = S.stack.length ? S.stack.at(-1).row : 0, y = L.flame + deep * ROW.slice;
	if (y + ROW.slice > V.height) scrollTo(V.scroll + y + ROW.slice * 2 - V.height);
	else if (L.flame < L.top - ROW.slice && y < L.top) scrollTo(V.scroll - (L.top - y) - 40);
}

const mine = (i) => S.of === "" || D.pid[i] === S.of || (D.type[i] === D.T.switch && detail(i).next.pid === S.of);

// Through the sorted list that S.by names; only events of the chosen task.
function step(d, every = false) {
	const by = every ? "event" : S.by;
	if (S.at < 0) return stepEnd(1 > d ? 1 : -1);
	const list = by === "crossing" ? D.crossings : by === "call" ? D.callStarts : null;
	if (!list) {
		for (let i = S.at + d; i >= 0 && i < D.n; i += d) if (mine(i)) return select(i);
		return;
	}
	const here = by === "call" && D.type[S.at] === D.T.enter ? S.at + (d > 0 ? 2 : 0) : S.at;
	for (let k = d > 0 ? upper(list, here) : lower(list, here) - 1; k >= 0 && k < list.length; k += d)
		if (mine(list[k])) return select(list[k]);
}

function stepEnd(d) {
	const list = S.by === "crossing" ? D.crossings : S.by === "call" ? D.callStarts : null, n = list ? list.length : D.n;
	for (let k = d < 0 ? 0 : n - 1; k >= 0 && k < n; k -= d) {
		const i = list ? list[k] : k;
		if (mine(i)) return select(i);
	}
}

// Up and down the tree of functions.
function toCaller() {
	const s = S.stack, last = s.at(-1);
	if (s.length > 1) return select(last.from === S.at ? s.at(-2).from : last.from);
	if (s.length && s[0].from !== S.at) select(s[0].from);
}

function toCallee() {
	const rows = D.tree.get(V.focus) || [], last = S.stack.at(-1);
	if (!last) return;
	for (let r = last.row + 1; r < rows.length; r++) {
		const n = lower(rows[r].from, S.at + 1);
		if (n < rows[r].from.length && rows[r].from[n] <= last.to) return select(rows[r].from[n]);
	}
}

function nextLane(d) {
	const tasks = D.lanes.filter((l) => l.kind === "task"), now = tasks.findIndex((l) => l.id === V.focus);
	const lane = tasks[Math.max(0, Math.min(tasks.length - 1, now + d))];
	if (!lane) return;
	focusLane(lane);
	$("said").textContent = `Functions of ${lane.name}`;
}

function zoomStep() {
	if (S.at < 0) return showAll();
	const s = S.stack[0], c = D.callAt.get(S.at);
	if (s) showRange(s.from, s.to);
	else if (c) showRange(c.from, c.to);
	else showRange(Math.max(0, S.at - 4), Math.min(D.n - 1, S.at + 4));
}

function where() {
	const list = S.by === "crossing" ? D.crossings : S.by === "call" ? D.callStarts : null, n = list ? list.length : D.n;
	const k = S.at < 0 ? 0 : list ? upper(list, S.at + (S.by === "call" ? 2 : 0)) : S.at + 1;
	$("where").textContent = S.at < 0 ? `${n.toLocaleString("en")} in all` : `${k.toLocaleString("en")} of ${n.toLocaleString("en")}`;
}

function showPane(name) {
	for (const p of ["list", "moment", "source"]) {
		$(p).classList.toggle("shown", p === name);
		$(`pane-${p}`).setAttribute("aria-selected", String(p === name));
		$(`pane-${p}`).tabIndex = p === name ? 0 : -1;
	}
	if (name === "list") followList();
}

function remember(key, value) {
	try {
		if (value === undefined) return localStorage.getItem(`vitrix-walk-${key}`);
		localStorage.setItem(`vitrix-walk-${key}`, value);
	} catch { /* not allowed here: then it is forgotten */ }
	return null;
}

function setTheme(name) {
	document.documentElement.dataset.theme = name;
	colours();
	redraw();
}

function turnTheme() {
	const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
	remember("theme", name);
	setTheme(name);
}

function setUpSplit() {
	const bar = $("split");
	const set = (h) => {
		h = Math.max(150, Math.min(h, innerHeight - 260));
		document.body.style.setProperty("--timeline", `${h}px`);
		bar.setAttribute("aria-valuenow", String(Math.round(h / innerHeight * 100)));
		resize();
	};
	bar.setAttribute("aria-valuenow", "44");
	bar.addEventListener("pointerdown", (e) => { try { bar.setPointerCapture(e.pointerId); } catch { /* made up */ } bar.held = true; });
	bar.addEventListener("pointermove", (e) => bar.held && set(e.clientY - $("timeline").getBoundingClientRect().top));
	for (const up of ["pointerup", "pointercancel"]) bar.addEventListener(up, () => { bar.held = false; });
	bar.addEventListener("keydown", (e) => {
		const d = { ArrowUp: -24, ArrowDown: 24 }[e.key];
		if (!d) return;
		e.preventDefault();
		set($("timeline").getBoundingClientRect().height + d);
	});
}

function setUpButtons() {
	const on = (id, f) => { $(id).onclick = f; };
	on("next", () => step(1)); on("prev", () => step(-1)); on("first", () => stepEnd(-1)); on("last", () => stepEnd(1));
	on("zoom-in", () => zoomAt(middle(), 0.5)); on("zoom-out", () => zoomAt(middle(), 2));
	on("zoom-step", zoomStep); on("zoom-all", showAll);
	on("scale-time", () => setScale(false)); on("scale-steps", () => setScale(true));
	on("about", about); on("theme", turnTheme); on("keys", () => $("help").showModal());
	for (const p of ["list", "moment", "source"]) on(`pane-${p}`, () => showPane(p));
	$("by").onchange = (e) => { S.by = e.target.value; where(); };
	$("of").onchange = (e) => { S.of = e.target.value === "" ? "" : Number(e.target.value); };
	const tasks = D.lanes.filter((l) => l.kind === "task");
	S.manyTasks = tasks.length > 1;
	for (const l of tasks) $("of").append(el("option", { value: String(l.id) }, l.name));
}

async function main() {
	const start = performance.now();
	const dark = matchMedia("(prefers-color-scheme: dark)");
	canvas = $("canvas");
	ctx = canvas.getContext("2d", { alpha: false });
	setTheme(remember("theme") || (dark.matches ? "dark" : "light"));
	dark.onchange = () => remember("theme") || setTheme(dark.matches ? "dark" : "light");
	await load();
	const m = D.meta, prog = (m.argv || [m.program || "?"]).join(" ");
	$("program").textContent = prog;
	$("facts").textContent = [D.end.status, duration(D.t[D.n - 1]), `${D.n.toLocaleString("en")} events`,
		D.lost ? `${D.lost.toLocaleString("en")} lost` : ""].filter(Boolean).join(" \u00b7 ");
	const first = D.lanes.find((l) => l.kind === "task" && l.id === m.pid) || D.lanes.find((l) => l.kind === "task") || D.lanes[0];
	V.focus = first.kind === "task" ? first.id : -1 - first.id;
	setUpButtons(); setUpPointer(); setUpKeys(); setUpList(); setUpSearch(); setUpSplit();
	new ResizeObserver(() => { resize(); fillList(); }).observe($("timeline"));
	resize();
	setWindow(0, whole());
	showList("calls");
	about();
	const at = Number(location.hash.slice(1));
	if (location.hash.length > 1 && at >= 0 && at < D.n) select(at);
	window.onhashchange = () => { const i = Number(location.hash.slice(1)); if (i !== S.at && i >= 0) select(i); };
	draw();
	window.walk = { D, V, S, cost, draw, select, find, setWindow, whole, X, P, ready: performance.now() - start };
	document.documentElement.dataset.ready = "1";
}

main().catch((e) => {
	$("facts").textContent = `This page cannot be drawn: ${e.message}`;
	throw e;
});
