// SPDX-License-Identifier: MIT
// Finding: in the names of functions and calls, in the list of system calls, and in the text of all other events.

let searchText = null;

function find(query) {
	const q = query.trim().toLowerCase(), hits = new Set();
	if (!q) return new Uint32Array();
	const names = new Uint8Array(D.names.length);
	D.names.forEach((n, k) => { if (n.toLowerCase().includes(q)) names[k] = 1; });
	for (let i = 0; i < D.n; i++) if (D.type[i] === D.T.call && names[D.name[i]]) hits.add(i);
	for (const c of D.calls) if (c.text.toLowerCase().includes(q)) hits.add(callStep(c));
	searchText ??= new TextDecoder("latin1").decode(D.detail).toLowerCase();
	// Only values: the names of the fields would find everything.
	for (let at = searchText.indexOf(q); at >= 0;) {
		const i = upper(D.detail_at, at) - 1;
		const quiet = D.type[i] === D.T.sys_enter || D.type[i] === D.T.sys_exit;
		if (!quiet && values(detail(i)).toLowerCase().includes(q)) hits.add(i);
		at = searchText.indexOf(q, D.detail_at[i + 1]);
	}
	return Uint32Array.from(hits).sort();
}

function values(v) {
	if (typeof v !== "object" || v === null) return String(v);
	return Object.entries(v).filter(([k]) => k !== "ev").map(([, x]) => values(x)).join(" ");
}

function search(query) {
	S.query = query.trim();
	S.matches = find(query);
	const tab = $("tab-found");
	document.querySelector(".find").classList.toggle("on", !!S.query);
	tab.hidden = !S.query;
	tab.textContent = `Found ${S.matches.length.toLocaleString("en")}`;
	if (S.query) showList("found");
	else if (LIST.kind === "found") showList("calls");
	foundText();
	redraw();
}

function foundText() {
	const n = S.matches.length, k = S.query && S.at >= 0 ? lower(S.matches, S.at) : -1;
	$("found").textContent = !S.query ? "" : !n ? "nothing found" :
		S.matches[k] === S.at ? `${(k + 1).toLocaleString("en")} of ${n.toLocaleString("en")}` : n.toLocaleString("en");
}

function nextMatch(d) {
	const n = S.matches.length;
	if (!n) return;
	let k = d > 0 ? upper(S.matches, S.at) : lower(S.matches, Math.max(0, S.at)) - 1;
	if (k >= n) k = 0;
	if (k < 0) k = n - 1;
	select(S.matches[k]);
}

function setUpSearch() {
	let timer = 0;
	const input = $("search");
	input.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(() => search(input.value), D.n > 50000 ? 160 : 40);
	});
	input.addEventListener("keydown", (e) => {
		if (e.key !== "Enter") return;
		e.preventDefault();
		clearTimeout(timer);
		if (input.value.trim() !== S.query) search(input.value);
		nextMatch(e.shiftKey ? -1 : 1);
	});
	$("find-next").onclick = () => nextMatch(1);
	$("find-prev").onclick = () => nextMatch(-1);
}
