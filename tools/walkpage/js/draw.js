// SPDX-License-Identifier: MIT
// The picture. Each frame draws everything anew, and its cost depends on the pixels, not on the events: what is
// narrower than a pixel is summed up (lanes, by running sums a state) or skipped over (functions, by bisection).

const ROW = { ruler: 24, map: 22, lane: 24, marks: 8, gap: 6, head: 24, slice: 19 };
const C = {};			// colours, from the style sheet
let ctx, canvas, asked = 0;
const cost = { last: 0, frames: [] };

function colours() {
	const style = getComputedStyle(document.documentElement);
	for (const name of ["bg", "panel", "ink", "soft", "line", "user", "kernel", "interrupt", "idle", "other", "wait", "grid",
		"kernel-2", "kernel-3", "interrupt-2", "slice-ink", "cursor", "alarm", "accent", "select", "mark-line"])
		C[name] = style.getPropertyValue("--" + name).trim();
	C.states = [C.user, C.kernel, C.interrupt, C.idle, C.other];
	C.ui = style.getPropertyValue("--ui");
	C.mono = style.getPropertyValue("--mono");
}

function redraw() {
	if (!asked && D.laneOf) asked = requestAnimationFrame(() => { asked = 0; draw(); });
}

function resize() {
	const box = canvas.getBoundingClientRect();
	V.dpr = window.devicePixelRatio || 1;
	V.width = Math.max(200, box.width);
	V.height = Math.max(80, box.height);
	V.gutter = V.width < 620 ? 64 : 124;
	canvas.width = Math.round(V.width * V.dpr);
	canvas.height = Math.round(V.height * V.dpr);
	redraw();
}

// Marks have a strip of their own, below the bar.
const laneHeight = (lane) => lane.marks.length ? ROW.lane + ROW.marks : ROW.lane;

// Where things are, from the top: the ruler and the overview stay, the rest scrolls.
function layout() {
	const top = ROW.ruler + ROW.map, rows = D.tree.get(V.focus) || [];
	const out = { top, lanes: [], rows };
	let y = top + 6;
	D.lanes.forEach((lane, n) => {
		if (n && lane.kind !== D.lanes[n - 1].kind) y += ROW.gap;
		out.lanes.push(y - V.scroll);
		y += laneHeight(lane);
	});
	out.head = y + 4 - V.scroll;
	y += 4 + ROW.head;
	out.flame = y - V.scroll;
	out.full = y + rows.length * ROW.slice + 10;
	return out;
}

function scrollTo(y) {
	V.scroll = Math.max(0, Math.min(y, layout().full - V.height));
	redraw();
}

function draw() {
	const start = performance.now();
	ctx.setTransform(V.dpr, 0, 0, V.dpr, 0, 0);
	ctx.fillStyle = C.panel;
	ctx.fillRect(0, 0, V.width, V.height);
	ctx.textBaseline = "middle";
	const L = layout();
	V.L = L;
	drawGrid(L);
	drawFlame(L);
	D.lanes.forEach((lane, n) => {
		if (L.lanes[n] > L.top - laneHeight(lane) && L.lanes[n] < V.height) drawLane(lane, L.lanes[n] + 3, ROW.lane - 6);
	});
	D.lanes.forEach((lane, n) => drawMarks(lane, L.lanes[n]));
	drawFlows(L);
	drawGutter(L);
	drawRuler();
	drawMap();
	drawCursor(L);
	cost.last = performance.now() - start;
	cost.frames.push(cost.last);
	if (cost.frames.length > 600) cost.frames.splice(0, 300);
}

function drawGrid(L) {
	ctx.fillStyle = C.grid;
	for (const p of ticks().out) ctx.fillRect(Math.round(X(p)), L.top, 1, V.height);
	for (let n = 0; n < D.lanes.length; n++)
		if (lane0(n) && L.lanes[n] > L.top) ctx.fillRect(0, L.lanes[n] - ROW.gap / 2 - 1, V.width, 1);
}
const lane0 = (n) => n && D.lanes[n].kind !== D.lanes[n - 1].kind;

// Running sums of the positions spent in each state, at the beginning of each segment.
function sums(lane) {
	const key = V.steps ? "sumSteps" : "sumTime";
	if (lane[key]) return lane[key];
	const n = lane.at.length, s = new Float64Array((n + 1) * 8);
	for (let i = 0; i < n; i++) {
		const w = (i + 1 < n ? pos(lane.at[i + 1]) : whole()) - pos(lane.at[i]);
		for (let k = 0; k < 8; k++) s[(i + 1) * 8 + k] = s[i * 8 + k];
		s[(i + 1) * 8 + lane.state[i]] += w;
	}
	lane[key] = s;
	return s;
}

// How much of a..b the lane spent in state k; ia, ib: the segments in which a and b lie.
function spent(lane, s, k, ia, ib, a, b) {
	let v = s[ib * 8 + k] - s[ia * 8 + k];
	if (lane.state[ia] === k) v -= a - pos(lane.at[ia]);
	if (lane.state[ib] === k) v += b - pos(lane.at[ib]);
	return v;
}

function segmentOf(lane, p) {
	let lo = 0, hi = lane.at.length;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (pos(lane.at[mid]) <= p) lo = mid + 1; else hi = mid;
	}
	return Math.max(0, lo - 1);
}

function drawLane(lane, y, h, left = V.gutter, x = X, inverse = P, right = V.width) {
	const n = lane.at.length, s = sums(lane), all = whole();
	let i = segmentOf(lane, Math.max(0, inverse(left))), edge = left;
	while (i < n && edge < right) {
		const x0 = Math.max(edge, x(pos(lane.at[i]))), end = i + 1 < n ? pos(lane.at[i + 1]) : all, x1 = Math.min(right, x(end));
		if (x0 >= right) break;
		if (x1 - x0 >= 2 || i === n - 1) {
			segment(lane, i, x0, x1, y, h);
			edge = Math.max(edge, x1);
			i++;
			continue;
		}
		// Many in a pixel: show the shares, one above the other.
		const px = Math.floor(x0) + 2, b = Math.min(inverse(px), all);
		const ib = segmentOf(lane, b), a = Math.max(pos(lane.at[i]), inverse(x0));
		let up = y + h, total = 0;
		const part = [0, 0, 0, 0, 0];
		for (let k = 0; k < 8; k++) {
			const v = Math.max(0, spent(lane, s, k, i, ib, a, b));
			total += v;
			if (k < 5) part[k] = v;
		}
		if (total > 0)
			for (let k = 0; k < 5; k++) {
				const share = part[k] / total * h;
				if (share < 0.2) continue;
				ctx.fillStyle = C.states[k];
				ctx.fillRect(x0, up - share, px - x0 + 0.3, share);
				up -= share;
			}
		edge = px;
		i = Math.max(ib, i + (pos(lane.at[Math.min(i + 1, n - 1)]) <= b ? 1 : 0));
		if (ib === n - 1 && px >= x(all)) break;
	}
}

function segment(lane, i, x0, x1, y, h) {
	const state = lane.state[i], w = x1 - x0;
	if (state < 5) {
		ctx.fillStyle = C.states[state];
		ctx.fillRect(x0, y, w, h);
		if (w > 34 && h > 12) {
			const who = lane.who[i], names = ["user", "kernel", "interrupt", "idle", ""];
			const text = lane.kind === "cpu" && state !== 3 ? `${names[state]} ${taskName(who)}`.trim() : names[state];
			label(text, Math.max(x0, V.gutter), x1, y + h / 2, state === 3 ? C.soft : C["slice-ink"]);
		}
		return;
	}
	ctx.fillStyle = C.wait;
	if (state === 6) ctx.fillRect(x0, y + h / 2 - 1, w, 2);
	if (state === 5)
		for (let d = Math.ceil(x0 / 6) * 6; d < x1; d += 6) {
			ctx.fillRect(d, y, Math.min(3, x1 - d), 1);
			ctx.fillRect(d, y + h - 1, Math.min(3, x1 - d), 1);
		}
}

let chars = 6.2;
function label(text, x0, x1, y, colour, font = `11px ${C.ui}`) {
	const room = x1 - x0 - 8;
	if (room < 14) return;
	if (ctx.font !== font) ctx.font = font;
	const most = Math.floor(room / chars);
	if (text.length > most) {
		if (most < 3) return;
		text = text.slice(0, most - 1) + "\u2026";
	}
	ctx.fillStyle = colour;
	ctx.fillText(text, x0 + 4, y + 0.5);
}

function drawMarks(lane, top) {
	if (top < V.L.top - laneHeight(lane) || top > V.height) return;
	const from = lower(lane.marks, eventAt(Math.max(0, V.a))), to = upper(lane.marks, eventAt(V.b));
	// Too many would hide the lane.
	if (to - from > (V.width - V.gutter) / 14) return;
	for (let i = from; i < to; i++) {
		const x = X(pos(lane.marks[i]));
		if (x >= V.gutter) mark(lane.marks[i], x, top + ROW.lane + ROW.marks - 2);
	}
}

function mark(e, x, y) {
	const t = D.type[e], T = D.T;
	ctx.fillStyle = C.ink;
	ctx.beginPath();
	if (t === T.fault) { ctx.moveTo(x, y - 7); ctx.lineTo(x + 4, y); ctx.lineTo(x - 4, y); }
	else if (t === T.signal_generate || t === T.signal_deliver) {
		ctx.moveTo(x, y - 8); ctx.lineTo(x + 4, y - 4); ctx.lineTo(x, y); ctx.lineTo(x - 4, y - 4);
	} else if (t === T.lost) { ctx.fillStyle = C.alarm; ctx.rect(x - 1, y - 16, 2, 16); }
	else if (t === T.task_exit) { ctx.rect(x - 3, y - 7, 6, 6); }
	else ctx.arc(x, y - 4, 2.5, 0, 7);
	ctx.fill();
}
