// SPDX-License-Identifier: MIT
// Mouse, fingers and keys on the timeline. One pointer moves, two zoom; what moved less than a few pixels is a click.

const pointers = new Map();
let dragging = null;

// What lies at a point: {lane}, {row, n}, {map}, {ruler}, and whether it is a label.
function hit(x, y) {
	const L = V.L, out = { label: x < V.gutter };
	if (y < ROW.map) return { ...out, map: true };
	if (y < L.top) return { ...out, ruler: true };
	for (let n = 0; n < D.lanes.length; n++)
		if (y >= L.lanes[n] && y < L.lanes[n] + laneHeight(D.lanes[n])) return { ...out, lane: D.lanes[n] };
	const r = Math.floor((y - L.flame) / ROW.slice), row = L.rows[r];
	if (r < 0 || !row || out.label) return out;
	// The slice there, or the nearest within two pixels.
	const first = lower(row.to, eventAt(P(x - 2)));
	for (let n = first; n < row.from.length && X(pos(row.from[n])) <= x + 2; n++)
		if (X(endPos(row.to[n])) >= x - 2) return { ...out, r, row, n };
	return out;
}

function nearestMark(lane, x) {
	let best = -1, far = 6;
	for (let k = lower(lane.marks, eventAt(P(x - 7))); k < lane.marks.length; k++) {
		const d = Math.abs(X(pos(lane.marks[k])) - x);
		if (d < far) { best = lane.marks[k]; far = d; }
		if (X(pos(lane.marks[k])) > x + 7) break;
	}
	return best;
}

function eventUnder(h, x) {
	if (h.row) return h.row.from[h.n];
	if (h.lane) {
		const m = nearestMark(h.lane, x);
		return m >= 0 ? m : h.lane.at[segmentOf(h.lane, P(x))];
	}
	return eventAt(P(x));
}

function focusLane(lane) {
	V.focus = lane.kind === "task" ? lane.id : -1 - lane.id;
	if (lane.kind === "cpu" && !D.tree.has(V.focus)) {
		const seg = lane.who[segmentOf(lane, (V.a + V.b) / 2)];
		if (seg) V.focus = seg;
	}
	redraw();
}

function click(x, y, twice) {
	const h = hit(x, y);
	if (h.map) {
		const span = V.b - V.a, p = mapP(x);
		return glideTo(p - span / 2, p + span / 2);
	}
	if (h.label) return h.lane && focusLane(h.lane);
	if (h.lane && h.lane.kind === "task") focusLane(h.lane);
	const e = eventUnder(h, x);
	const key = V.focus;
	select(e, { stay: true });
	if (h.row && V.focus !== key) { V.focus = key; redraw(); }
	if (!twice) return;
	if (h.row) showRange(h.row.from[h.n], h.row.to[h.n]);
	else if (h.lane) { const s = segmentAt(h.lane, e); showRange(s.from, s.to); }
}

function tipText(h, x) {
	if (h.row) {
		const a = h.row.from[h.n], b = h.row.to[h.n];
		return [D.names[h.row.name[h.n]], duration(D.t[b] - D.t[a])];
	}
	if (!h.lane || h.label) return null;
	const m = nearestMark(h.lane, x);
	if (m >= 0) return [oneLine(m), moment(D.t[m])];
	const lane = h.lane, n = segmentOf(lane, P(x)), a = lane.at[n];
	const end = n + 1 < lane.at.length ? D.t[lane.at[n + 1]] : D.t[D.n - 1], state = D.states[lane.state[n]];
	if (lane.state[n] === 7) return null;
	const who = lane.kind === "cpu" ? (lane.who[n] ? `, ${taskName(lane.who[n])}` : "") :
		lane.state[n] < 3 ? ` on CPU ${lane.who[n]}` : "";
	return [state + who, duration(end - D.t[a])];
}

function showTip(x, y) {
	const text = pointers.size ? null : tipText(hit(x, y), x), tip = $("tip");
	tip.style.visibility = text ? "visible" : "hidden";
	if (!text) return;
	tip.replaceChildren(el("b", {}, text[0]), el("span", {}, text[1]));
	const box = $("timeline").getBoundingClientRect(), c = canvas.getBoundingClientRect();
	const left = Math.min(x + 14, box.width - tip.offsetWidth - 8);
	tip.style.left = `${Math.max(4, left)}px`;
	const below = c.top - box.top + y + 18;
	tip.style.top = `${below + tip.offsetHeight > box.height ? below - tip.offsetHeight - 30 : below}px`;
}

function setUpPointer() {
	const at = (e) => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
	canvas.addEventListener("pointerdown", (e) => {
		if (e.button) return;
		const [x, y] = at(e);
		pointers.set(e.pointerId, [x, y]);
		try { canvas.setPointerCapture(e.pointerId); } catch { /* a made-up pointer */ }
		dragging = { x, y, x0: x, y0: y, moved: pointers.size > 1, map: hit(x, y).map };
		stopGlide();
	});
	canvas.addEventListener("pointermove", (e) => {
		const [x, y] = at(e), old = pointers.get(e.pointerId);
		if (!old) {
			V.hover = x;
			showTip(x, y);
			return redraw();
		}
		if (pointers.size === 2) {
			const other = [...pointers].find(([id]) => id !== e.pointerId)[1];
			const was = Math.max(12, Math.abs(old[0] - other[0])), is = Math.max(12, Math.abs(x - other[0]));
			zoomAt((x + other[0]) / 2, was / is);
			panBy(((old[0] - x)) / 2);
		} else if (dragging) {
			if (Math.hypot(x - dragging.x0, y - dragging.y0) > 4) dragging.moved = true;
			if (dragging.moved) {
				canvas.classList.add("drag");
				if (dragging.map) {
					const d = mapP(x) - mapP(dragging.x);
					setWindow(V.a + d, V.b + d);
				} else {
					panBy(dragging.x - x);
					if (e.pointerType === "mouse") scrollTo(V.scroll + dragging.y - y);
				}
				dragging.x = x;
				dragging.y = y;
			}
		}
		pointers.set(e.pointerId, [x, y]);
	});
	const up = (e) => {
		if (!pointers.delete(e.pointerId)) return;
		canvas.classList.remove("drag");
		if (dragging && !dragging.moved && e.type === "pointerup") click(dragging.x0, dragging.y0, false);
		if (!pointers.size) dragging = null; else dragging.moved = true;
	};
	canvas.addEventListener("pointerup", up);
	canvas.addEventListener("pointercancel", up);
	canvas.addEventListener("dblclick", (e) => click(...at(e), true));
	canvas.addEventListener("pointerleave", () => { V.hover = -1; $("tip").style.visibility = "hidden"; redraw(); });
	canvas.addEventListener("wheel", (e) => {
		e.preventDefault();
		const unit = e.deltaMode === 1 ? 16 : 1, [x] = at(e);
		const dx = (e.shiftKey ? e.deltaY || e.deltaX : e.deltaX) * unit, dy = e.shiftKey ? 0 : e.deltaY * unit;
		if (x < V.gutter) return scrollTo(V.scroll + dy);
		if (Math.abs(dx) > Math.abs(dy)) panBy(dx);
		else zoomAt(x, Math.exp(Math.max(-120, Math.min(120, dy)) * 0.0032));
	}, { passive: false });
}

const middle = () => S.at >= 0 && X(pos(S.at)) > V.gutter && X(pos(S.at)) < V.width ? X(pos(S.at)) :
	(V.gutter + V.width) / 2;

const KEYS = {
	ArrowRight: (e) => step(1, e.shiftKey), ArrowLeft: (e) => step(-1, e.shiftKey),
	Home: () => stepEnd(-1), End: () => stepEnd(1),
	ArrowUp: () => toCaller(), ArrowDown: () => toCallee(),
	"[": () => nextLane(-1), "]": () => nextLane(1),
	"+": () => zoomAt(middle(), 0.6), "=": () => zoomAt(middle(), 0.6), "-": () => zoomAt(middle(), 1 / 0.6),
	w: () => zoomAt(middle(), 0.6), s: () => zoomAt(middle(), 1 / 0.6), a: () => panBy(-90), d: () => panBy(90),
	f: () => zoomStep(), 0: () => showAll(), x: () => setScale(!V.steps),
	n: () => nextMatch(1), p: () => nextMatch(-1),
	1: () => showList("calls"), 2: () => showList("events"), 3: () => S.query && showList("found"),
	t: () => turnTheme(), i: () => about(), "?": () => $("help").showModal(),
	"/": () => { $("search").focus(); $("search").select(); },
};

function setUpKeys() {
	document.addEventListener("keydown", (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey || $("help").open) return;
		const at = e.target, typing = at.matches("input, select, textarea"), moves = /^(Arrow|Home|End|Page)/.test(e.key);
		if (typing) {
			if (e.key === "Escape") { at.blur(); canvas.focus(); }
			return;
		}
		// Lists, tabs and the splitter have arrows of their own; so has a panel that scrolls.
		if (moves && at.closest("[role=listbox], [role=tablist], [role=separator]")) return;
		if (at === canvas && (e.key === "PageDown" || e.key === "PageUp")) {
			e.preventDefault();
			return scrollTo(V.scroll + (e.key === "PageDown" ? 1 : -1) * V.height / 2);
		}
		if (/^(ArrowUp|ArrowDown)$/.test(e.key) && at.closest("#moment, #source")) return;
		const key = e.key.length === 1 && /[A-Z]/.test(e.key) ? e.key.toLowerCase() : e.key;
		if (!KEYS[key]) return;
		e.preventDefault();
		KEYS[key](e);
	});
}
