// SPDX-License-Identifier: MIT
// What part of the walk the timeline shows. A position is a time, or the number of an event where all are equally wide.

const V = {
	steps: false,		// positions are numbers of events
	a: 0, b: 1,		// the window
	width: 800, height: 300, gutter: 118, dpr: 1,
	scroll: 0,		// lanes and functions, upwards
	focus: null,		// the tree that is shown: a pid, or -1 - cpu
	hover: -1,
	glide: 0,
};

const pos = (i) => V.steps ? i : D.t[i];
// Where something that lasts to event i ends: in even steps it fills that step.
const endPos = (i) => V.steps ? i + 1 : D.t[i];
const whole = () => V.steps ? D.n : Math.max(D.t[D.n - 1], 1);
const X = (p) => V.gutter + (p - V.a) / (V.b - V.a) * (V.width - V.gutter);
const P = (x) => V.a + (x - V.gutter) / (V.width - V.gutter) * (V.b - V.a);

// The last event at or before a position.
function eventAt(p) {
	if (V.steps) return Math.max(0, Math.min(D.n - 1, Math.floor(p)));
	return Math.max(0, upper(D.t, p) - 1);
}

function setWindow(a, b) {
	const least = V.steps ? 4 : 20, all = whole(), margin = all * 0.02;
	let span = Math.min(Math.max(b - a, least), all + 2 * margin);
	const mid = (a + b) / 2;
	a = mid - span / 2;
	a = Math.max(-margin, Math.min(a, all + margin - span));
	V.a = a;
	V.b = a + span;
	redraw();
}

function zoomAt(x, factor) {
	stopGlide();
	const p = P(x);
	setWindow(p - (p - V.a) * factor, p + (V.b - p) * factor);
}

function panBy(pixels) {
	stopGlide();
	const d = pixels / (V.width - V.gutter) * (V.b - V.a);
	setWindow(V.a + d, V.b + d);
}

function stopGlide() {
	if (V.glide) cancelAnimationFrame(V.glide);
	V.glide = 0;
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Move the window there in a moment, so that the eye can follow.
function glideTo(a, b) {
	stopGlide();
	if (calm() || document.hidden) return setWindow(a, b);
	const a0 = V.a, s0 = V.b - V.a, s1 = b - a, start = performance.now();
	const frame = (now) => {
		const k = Math.min(1, (now - start) / 180), e = 1 - (1 - k) ** 3;
		const span = s0 * (s1 / s0) ** e;
		// The left edge goes so that the zoom is about one point.
		const f = Math.abs(s1 - s0) < 1e-9 ? e : (span - s0) / (s1 - s0);
		const left = a0 + (a - a0) * f;
		setWindow(left, left + span);
		V.glide = k < 1 ? requestAnimationFrame(frame) : 0;
	};
	V.glide = requestAnimationFrame(frame);
}

const showAll = () => glideTo(0, whole());

// Show events from..to with room around them.
function showRange(from, to) {
	const a = pos(from), b = Math.max(endPos(to), a + (V.steps ? 1 : 1)), room = (b - a) * 0.25 + (V.steps ? 2 : 20);
	glideTo(a - room, b + room);
}

// Bring event i into sight, without a change of the scale.
function reveal(i) {
	const p = pos(i) + (V.steps ? 0.5 : 0), span = V.b - V.a;
	if (p < V.a + span * 0.06 || p > V.b - span * 0.1) glideTo(p - span * 0.4, p + span * 0.6);
}

function setScale(steps) {
	if (steps === V.steps) return;
	stopGlide();
	// Keep what is in sight in sight.
	const a = eventAt(V.a), b = eventAt(V.b);
	V.steps = steps;
	setWindow(pos(a), Math.max(endPos(b), pos(a) + 1));
	$("scale-time").setAttribute("aria-pressed", String(!steps));
	$("scale-steps").setAttribute("aria-pressed", String(steps));
}

// Round distances for the ruler: 1, 2 or 5 times a power of ten.
function ticks() {
	const want = Math.max(2, (V.width - V.gutter) / 110), raw = (V.b - V.a) / want;
	const ten = 10 ** Math.floor(Math.log10(raw)), f = raw / ten;
	const step = Math.max((f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10) * ten, V.steps ? 1 : 0);
	const out = [];
	for (let p = Math.ceil(Math.max(V.a, 0) / step) * step; p <= V.b && p <= whole(); p += step) out.push(p);
	return { step, out };
}

function tickText(p, step) {
	if (V.steps) return String(Math.round(p));
	if (p === 0) return "0";
	const [unit, size] = p >= 1e9 ? ["s", 1e9] : p >= 1e6 ? ["ms", 1e6] : p >= 1e3 ? ["\u00b5s", 1e3] : ["ns", 1];
	const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / size) - 1e-9)));
	return `${(p / size).toFixed(digits)} ${unit}`;
}
