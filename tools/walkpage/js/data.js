// SPDX-License-Identifier: MIT
// The data block, and questions about it. An event is a number; everything else refers to it.

const D = {};
const $ = (id) => document.getElementById(id);

function el(tag, props, ...children) {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(props || {}))
		if (/^aria[A-Z]|^role$/.test(k)) e.setAttribute(k.replace(/^aria/, "aria-").toLowerCase(), v);
		else if (k in e) e[k] = v;
		else e.setAttribute(k, v);
	e.append(...children.filter((c) => c !== null && c !== undefined));
	return e;
}

async function load() {
	const text = atob($("data").textContent.trim());
	const packed = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
	$("data").textContent = "";
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
	const buffer = await new Response(stream).arrayBuffer();
	const size = Number(new DataView(buffer).getBigUint64(0, true));
	Object.assign(D, JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size))));
	const kinds = { d: Float64Array, I: Uint32Array, i: Int32Array, B: Uint8Array, s: Uint8Array, Q: BigUint64Array };
	const get = (name) => {
		const [code, at, count] = D.arrays[name];
		return new kinds[code](buffer, 8 + size + at, count);
	};
	for (const name of ["t", "type", "cpu", "pid", "name", "ret", "detail", "detail_at"]) D[name] = get(name);
	D.n = D.t.length;
	D.T = {};
	D.types.forEach((name, i) => { D.T[name] = i; });
	D.lanes.forEach((lane, n) => {
		for (const field of ["at", "state", "who"]) lane[field] = get(`lane${n}_${field}`);
		lane.marks = [];
	});
	D.tree = new Map();
	D.trees.forEach((tree, n) => {
		const rows = [];
		for (let r = 0; r < tree.rows; r++) {
			const row = {};
			for (const field of ["from", "to", "name", "kind"]) row[field] = get(`tree${n}_${r}_${field}`);
			rows.push(row);
		}
		D.tree.set(tree.key, rows);
	});
	D.laneOf = new Map(D.lanes.map((l) => [l.kind + l.id, l]));
	D.memory = new Map();
	index();
}

// Lists of events by kind, made once: what the steps go through and what the lanes mark.
function index() {
	const T = D.T, crossing = new Set([T.enter, T.exit, T.switch]);
	const marked = new Set([T.fault, T.signal_generate, T.signal_deliver, T.exec, T.task_exit, T.fork, T.lost]);
	const crossings = [];
	for (let i = 0; i < D.n; i++) {
		if (crossing.has(D.type[i])) crossings.push(i);
		else if (marked.has(D.type[i])) {
			const lane = D.laneOf.get("task" + D.pid[i]) || D.laneOf.get("cpu" + D.cpu[i]);
			if (lane) lane.marks.push(i);
		}
	}
	D.crossings = Uint32Array.from(crossings);
	D.callStarts = Uint32Array.from(D.calls, (c) => c.from);
	D.flowStarts = Uint32Array.from(D.flows.sort((a, b) => a[1] - b[1]), (f) => f[1]);
	D.exits = new Map();
	D.callAt = new Map();
	for (const c of D.calls) { D.callAt.set(c.from, c); D.callAt.set(c.to, c); }
}

// The first place in a sorted array whose value is not below v.
function lower(a, v) {
	let lo = 0, hi = a.length;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (a[mid] < v) lo = mid + 1; else hi = mid;
	}
	return lo;
}
const upper = (a, v) => lower(a, v + 1);

// The event as walk wrote it. Calls and returns are put together from the columns.
function detail(i) {
	if (D.memory.has(i)) return D.memory.get(i);
	let e;
	if (D.type[i] === D.T.call) e = { ev: "call", pid: D.pid[i], fn: D.names[D.name[i]] };
	else if (D.type[i] === D.T.ret)
		e = { ev: "ret", pid: D.pid[i], fn: D.names[D.name[i]], ret: "0x" + D.ret[i].toString(16) };
	else e = JSON.parse(new TextDecoder().decode(D.detail.subarray(D.detail_at[i], D.detail_at[i + 1])));
	if (D.memory.size > 5000) D.memory.clear();
	D.memory.set(i, e);
	return e;
}

const treeKey = (i) => D.pid[i] || -1 - D.cpu[i];

// The slices around event i, outermost first: [{row, n, from, to, name, kind}].
function stackAt(i, key = treeKey(i)) {
	const out = [];
	(D.tree.get(key) || []).forEach((row, r) => {
		const n = upper(row.from, i) - 1;
		if (n >= 0 && row.to[n] >= i)
			out.push({ row: r, n, from: row.from[n], to: row.to[n], name: D.names[row.name[n]], kind: row.kind[n] });
	});
	// A row deeper than an ended one is stale only if its slice does not lie inside.
	return out.filter((s, k) => !k || s.from >= out[k - 1].from);
}

function segmentAt(lane, i) {
	const n = upper(lane.at, i) - 1;
	return { n, from: lane.at[n], to: n + 1 < lane.at.length ? lane.at[n + 1] : D.n - 1, state: lane.state[n],
		who: lane.who[n] };
}

// The last event of one of the types before i that pid did.
function before(i, pid, ...types) {
	const wanted = types.map((t) => D.T[t]);
	const crossing = wanted.every((t) => t === D.T.enter || t === D.T.exit || t === D.T.switch);
	if (crossing) {
		for (let k = lower(D.crossings, i) - 1; k >= 0; k--) {
			const e = D.crossings[k];
			if (D.pid[e] === pid && wanted.includes(D.type[e])) return e;
		}
		return -1;
	}
	for (let e = i - 1; e >= 0; e--)
		if (D.pid[e] === pid && wanted.includes(D.type[e])) return e;
	return -1;
}

const taskName = (pid) => pid ? `${D.comms[pid] || "task"} ${pid}` : "idle";

function duration(ns) {
	if (ns < 1000) return `${Math.round(ns)} ns`;
	if (ns < 1e6) return `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : 1)} \u00b5s`;
	if (ns < 1e9) return `${(ns / 1e6).toFixed(ns < 1e7 ? 2 : 1)} ms`;
	return `${(ns / 1e9).toFixed(2)} s`;
}

// A moment, as the time since the walk began, to the nanosecond where that is readable.
function moment(ns) {
	if (ns < 1e6) return `${(ns / 1e3).toFixed(3)} \u00b5s`;
	if (ns < 1e9) return `${(ns / 1e6).toFixed(4)} ms`;
	return `${(ns / 1e9).toFixed(5)} s`;
}
