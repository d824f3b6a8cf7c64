// SPDX-License-Identifier: MIT
// The rest of the picture: functions below the lanes, arrows, labels, ruler, overview, and the cursor.

function shade(row, n, r) {
	const kind = row.kind[n];
	if (r === 0) return kind === 2 ? C.interrupt : C.kernel;
	const lane = D.laneOf.get(V.focus > 0 ? "task" + V.focus : "cpu" + (-1 - V.focus));
	const state = lane ? lane.state[upper(lane.at, row.from[n]) - 1] : 1;
	if (state === 2) return C["interrupt-2"];
	return row.name[n] & 1 ? C["kernel-2"] : C["kernel-3"];
}

function drawFlame(L) {
	const font = `11px ${C.mono}`, stack = new Set((S.stack || []).map((s) => s.row * 1e9 + s.n));
	chars = 6.7;
	L.rows.forEach((row, r) => {
		const y = L.flame + r * ROW.slice, h = ROW.slice - 2;
		if (y < L.top - h || y > V.height) return;
		const n = row.from.length, first = eventAt(V.a);
		let i = lower(row.to, first), runA = -1, runB = -1;
		// Narrow ones become runs: one block for all that lie less than a pixel apart.
		const flush = () => {
			if (runB > runA) { ctx.fillStyle = r ? C["kernel-2"] : C.kernel; ctx.fillRect(runA, y, runB - runA, h); }
			runA = runB = -1;
		};
		while (i < n) {
			const x0 = X(pos(row.from[i])), x1 = X(endPos(row.to[i]));
			if (x0 > V.width) break;
			if (x1 - x0 < 2) {
				const a = Math.max(V.gutter, Math.floor(x0)), b = Math.max(V.gutter, Math.ceil(x1), a + 1);
				if (a > runB) { flush(); runA = a; }
				runB = b;
				i = Math.max(i + 1, lower(row.from, eventAt(P(b)) + (V.steps ? 0 : 1)));
				// The last one before may be wide.
				if (i > 0 && i - 1 > lower(row.to, first) && X(endPos(row.to[i - 1])) > b + 1 && X(pos(row.from[i - 1])) >= a) i--;
				continue;
			}
			flush();
			const left = Math.max(x0, V.gutter), w = Math.min(x1, V.width) - left - 0.6;
			if (w > 0) {
				ctx.fillStyle = shade(row, i, r);
				ctx.fillRect(left, y, w, h);
				if (w > 24) label(D.names[row.name[i]], left, left + w, y + h / 2, C["slice-ink"], font);
				if (stack.has(r * 1e9 + i)) {
					ctx.strokeStyle = C.ink;
					ctx.lineWidth = 1.2;
					ctx.strokeRect(left + 0.6, y + 0.6, w - 1.2, h - 1.2);
				}
			}
			i++;
		}
		flush();
	});
	chars = 6.2;
	drawAway(L);
}

// Over its functions, the times when the task did not run.
function drawAway(L) {
	const lane = V.focus > 0 && D.laneOf.get("task" + V.focus), bottom = L.flame + L.rows.length * ROW.slice;
	if (!lane || bottom <= L.top) return;
	ctx.globalAlpha = 0.5;
	ctx.fillStyle = C.panel;
	let edge = V.gutter;
	for (let i = segmentOf(lane, P(V.gutter)); i < lane.at.length; i++) {
		const x0 = Math.max(edge, X(pos(lane.at[i])));
		if (x0 > V.width) break;
		const x1 = X(i + 1 < lane.at.length ? pos(lane.at[i + 1]) : whole());
		if (lane.state[i] > 4 && x1 - x0 > 1) ctx.fillRect(x0, Math.max(L.flame, L.top), x1 - x0, bottom - L.flame);
		if (x1 - x0 < 1) {
			edge = Math.floor(Math.max(x1, edge)) + 1;
			i = Math.max(i, segmentOf(lane, P(edge)) - 1);
		}
	}
	ctx.globalAlpha = 1;
}

function laneY(pid, cpu, L) {
	const n = D.lanes.indexOf(D.laneOf.get("task" + pid) || D.laneOf.get("cpu" + cpu));
	return n < 0 ? -1 : L.lanes[n] + ROW.lane / 2;
}

// Fork and wake-up: from the doer to where the other begins to run.
function drawFlows(L) {
	const a = lower(D.flowStarts, eventAt(V.a)), b = upper(D.flowStarts, eventAt(V.b));
	if (b - a > 160) return;
	ctx.save();
	ctx.beginPath();
	ctx.rect(V.gutter, L.top, V.width, V.height);
	ctx.clip();
	ctx.lineWidth = 1.3;
	for (let k = Math.max(0, a - 8); k < b; k++) {
		const [kind, from, to, p, q] = D.flows[k];
		const x0 = X(pos(from)), x1 = X(pos(to)), y0 = laneY(p, D.cpu[from], L), y1 = laneY(q, D.cpu[to], L);
		if (x1 < V.gutter || y0 < 0 || y1 < 0 || y0 === y1) continue;
		ctx.strokeStyle = ctx.fillStyle = C.ink;
		ctx.globalAlpha = 0.75;
		ctx.setLineDash(kind === "fork" ? [] : [4, 3]);
		const down = y1 > y0 ? 1 : -1, ys = y0 + down * 9, ye = y1 - down * 11, bend = Math.min(26, Math.max(8, (x1 - x0) / 2));
		ctx.beginPath();
		ctx.moveTo(x0, ys);
		ctx.bezierCurveTo(x0 + bend, ys + down * 8, x1 - bend, ye - down * 2, x1 - 1, ye);
		ctx.stroke();
		ctx.setLineDash([]);
		ctx.beginPath();
		ctx.moveTo(x1, ye + down * 3);
		ctx.lineTo(x1 - 5, ye - down * 3);
		ctx.lineTo(x1 + 2, ye - down * 5);
		ctx.fill();
	}
	ctx.restore();
}

function clip(text, room, font) {
	ctx.font = font;
	while (text.length > 2 && ctx.measureText(text).width > room) text = text.slice(0, -2) + "\u2026";
	return text;
}

function drawGutter(L) {
	ctx.fillStyle = C.panel;
	ctx.fillRect(0, L.top, V.gutter, V.height);
	D.lanes.forEach((lane, n) => {
		const y = L.lanes[n], key = lane.kind === "task" ? lane.id : -1 - lane.id;
		if (y < L.top - laneHeight(lane) || y > V.height) return;
		if (key === V.focus) {
			ctx.fillStyle = C.select;
			ctx.fillRect(0, y, V.gutter - 4, ROW.lane);
		}
		const font = `${key === V.focus ? 600 : 400} 12px ${C.ui}`;
		ctx.fillStyle = C.ink;
		ctx.fillText(clip(lane.name, V.gutter - 22, font), 12, y + ROW.lane / 2);
	});
	if (L.flame > L.top - 4) {
		ctx.font = `12px ${C.ui}`;
		ctx.fillStyle = C.soft;
		const name = V.focus > 0 ? taskName(V.focus) : `idle, CPU ${-1 - V.focus}`;
		const text = L.rows.length ? (V.width < 620 ? "Calls" : "Functions") : `No functions of ${name} were recorded`;
		ctx.fillText(text, 12, L.flame + (L.rows.length ? ROW.slice / 2 : -4));
	}
}

function drawRuler() {
	const { step, out } = ticks();
	ctx.fillStyle = C.panel;
	ctx.fillRect(0, 0, V.width, ROW.ruler + ROW.map);
	ctx.font = `11px ${C.ui}`;
	for (const p of out) {
		const x = Math.round(X(p));
		if (x < V.gutter - 1) continue;
		ctx.fillStyle = C.line;
		ctx.fillRect(x, ROW.map + 4, 1, ROW.ruler - 4);
		ctx.fillStyle = C.soft;
		const text = tickText(p, step);
		if (x + 5 + text.length * 6 < V.width) ctx.fillText(text, x + 5, ROW.map + ROW.ruler / 2 + 2);
	}
	ctx.fillStyle = C.soft;
	ctx.fillText(V.steps ? "event" : "time", 12, ROW.map + ROW.ruler / 2 + 2);
	ctx.fillStyle = C.line;
	ctx.fillRect(0, ROW.map + ROW.ruler - 1, V.width, 1);
}

// The whole walk, small, with the window in it.
const mapX = (p) => V.gutter + p / whole() * (V.width - V.gutter - 12);
const mapP = (x) => (x - V.gutter) / (V.width - V.gutter - 12) * whole();

function drawMap() {
	ctx.font = `11px ${C.ui}`;
	ctx.fillStyle = C.soft;
	ctx.fillText(V.width < 620 ? "all" : "whole walk", 12, ROW.map / 2 + 1);
	const cpus = D.lanes.filter((l) => l.kind === "cpu"), h = (ROW.map - 10) / Math.max(1, cpus.length);
	cpus.forEach((lane, k) => drawLane(lane, 6 + k * h, h, V.gutter, mapX, mapP, V.width - 12));
	const a = mapX(Math.max(0, V.a)), b = mapX(Math.min(whole(), V.b));
	ctx.fillStyle = C.panel;
	ctx.globalAlpha = 0.66;
	ctx.fillRect(V.gutter, 4, a - V.gutter, ROW.map - 6);
	ctx.fillRect(b, 4, V.width - 12 - b, ROW.map - 6);
	ctx.globalAlpha = 1;
	ctx.strokeStyle = C.soft;
	ctx.lineWidth = 1;
	ctx.strokeRect(Math.round(a) + 0.5, 4.5, Math.max(3, Math.round(b - a) - 1), ROW.map - 7);
	ctx.fillStyle = C["mark-line"];
	let last = -9;
	for (const e of S.matches || []) {
		const x = Math.round(mapX(pos(e)));
		if (x > last) { ctx.fillRect(x, 2, 1.5, 6); last = x + 1; }
	}
}

function drawCursor(L) {
	if (V.hover >= V.gutter) {
		ctx.fillStyle = C.soft;
		ctx.globalAlpha = 0.5;
		ctx.fillRect(Math.round(V.hover), L.top, 1, V.height);
		ctx.globalAlpha = 1;
	}
	if (S.at < 0) return;
	const x = Math.round(X(pos(S.at) + (V.steps ? 0.5 : 0)));
	if (x < V.gutter || x > V.width) return;
	ctx.fillStyle = C.cursor;
	ctx.fillRect(x - 0.5, ROW.map + 6, 1.5, V.height);
	ctx.beginPath();
	ctx.moveTo(x - 5, ROW.map + 3);
	ctx.lineTo(x + 5, ROW.map + 3);
	ctx.lineTo(x, ROW.map + 11);
	ctx.fill();
}
