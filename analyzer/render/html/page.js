// The page of silt html: chart, table of changes, flame graph. Reads the JSON that stands in #data.
// Must not: make markup from text (names come from strangers' programs), ask the network.
'use strict';
(() => {
const $ = id => document.getElementById(id);
const data = JSON.parse($('data').textContent);
const { moments, strings, frames, series } = data;
// What is written are differences, which are short.
const nodes = Int32Array.from(data.nodes), sites = Int32Array.from(data.sites);
for (let i = 0; i < nodes.length; i += 2) nodes[i] = i / 2 - nodes[i];
for (let i = 2; i < sites.length; i += 2) sites[i] += sites[i - 2];
const siteCount = sites.length / 2, nodeCount = nodes.length / 2, last = moments.length - 1;
const PLACE = 0, FUNC = 1, FILE = 2, MODULE = 3, WIDTH = 4;
const field = (frame, which) => frames[frame * WIDTH + which];
const text = number => number < 0 ? '' : strings[number];
const state = { from: 0, to: last, low: 0, high: last, group: 'line', sort: 'growth', down: true, filter: '', metric: 'size',
	search: '', zoom: null };

// -- numbers --

function size(bytes, sign) {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let unit = 0, value = bytes;
	while (unit < 4 && Math.abs(value) >= 10240) { value /= 1024; unit++; }
	const shown = Math.abs(value) < 100 && unit ? value.toFixed(1) : value.toFixed(0);
	return (sign && value >= 0 ? '+' : '') + shown + ' ' + units[unit];
}
const count = (n, sign) => (sign && n >= 0 ? '+' : '') + n;

// What a site had at a moment: its changes are [moment, bytes, blocks, allocated, ...], in order.
const none = [0, 0, 0];
function at(site, moment) {
	const changes = series[site];
	let low = 0, high = changes.length / 4;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (changes[middle * 4] <= moment) low = middle + 1; else high = middle;
	}
	return low ? [changes[low * 4 - 3], changes[low * 4 - 2], changes[low * 4 - 1]] : none;
}

// The innermost frame that is no allocator: `sites` has the innermost node and how far out from it that is.
const blamed = new Int32Array(siteCount);
for (let i = 0; i < siteCount; i++) {
	let node = sites[i * 2];
	for (let skip = sites[i * 2 + 1]; skip > 0; skip--) node = nodes[node * 2];
	blamed[i] = node;
}
const frameOf = node => nodes[node * 2 + 1];
function stack(node) {
	const list = [];
	for (; node >= 0; node = nodes[node * 2]) list.push(frameOf(node));
	return list;
}

function element(parent, name, attributes, content) {
	const made = document.createElement(name);
	for (const key in attributes) made.setAttribute(key, attributes[key]);
	if (content !== undefined) made.textContent = content;
	parent.append(made);
	return made;
}

// -- chart --

const SVG = 'http://www.w3.org/2000/svg';
function shape(name, attributes, content) {
	const made = document.createElementNS(SVG, name);
	for (const key in attributes) made.setAttribute(key, attributes[key]);
	if (content !== undefined) made.textContent = content;
	$('chart').append(made);
	return made;
}
const LEFT = 70, RIGHT = 12, TOP = 10, BOTTOM = 24, HEIGHT = 260;
let scale = null, hover = null;
function drawChart() {
	const chart = $('chart'), width = chart.clientWidth || 900;
	const seen = moments.slice(state.low, state.high + 1);
	const start = moments[state.low].t, span = (moments[state.high].t - start) || 1;
	const top = Math.max(1, ...seen.map(m => Math.max(m.live, m.rss)));
	chart.replaceChildren();
	chart.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
	scale = { x: t => LEFT + (t - start) / span * (width - LEFT - RIGHT), y: v => HEIGHT - BOTTOM - v / top * (HEIGHT - TOP - BOTTOM), width };
	for (let i = 0; i <= 4; i++) {
		const y = scale.y(top * i / 4), x = LEFT + (width - LEFT - RIGHT) * i / 4;
		shape('line', { class: 'axis', x1: LEFT, x2: width - RIGHT, y1: y, y2: y });
		shape('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, size(top * i / 4));
		shape('text', { x, y: HEIGHT - 6, 'text-anchor': i === 4 ? 'end' : i ? 'middle' : 'start' }, (start + span * i / 4).toFixed(1) + ' s');
	}
	const inside = i => Math.min(Math.max(scale.x(moments[i].t), LEFT), width - RIGHT);
	shape('rect', { class: 'span', x: inside(state.from), y: TOP, width: Math.max(0, inside(state.to) - inside(state.from)), height: HEIGHT - TOP - BOTTOM });
	for (const which of ['rss', 'live'])
		shape('polyline', { class: which, points: seen.map(m => scale.x(m.t).toFixed(1) + ',' + scale.y(m[which]).toFixed(1)).join(' ') });
	for (const which of ['from', 'to'])
		if (state[which] >= state.low && state[which] <= state.high)
			shape('line', { class: 'pick', id: 'pick-' + which, x1: inside(state[which]), x2: inside(state[which]), y1: TOP, y2: HEIGHT - BOTTOM });
	hover = shape('line', { class: 'hover', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
}
function momentAt(event) {
	const box = $('chart').getBoundingClientRect(), x = (event.clientX - box.left) * scale.width / (box.width || 1);
	let best = state.low;
	for (let i = state.low; i <= state.high; i++)
		if (Math.abs(scale.x(moments[i].t) - x) < Math.abs(scale.x(moments[best].t) - x)) best = i;
	return best;
}
function describe(i) {
	const m = moments[i];
	return `snapshot ${m.sequence}, ${m.t.toFixed(1)} s${m.label ? ' “' + m.label + '”' : ''}: live ${size(m.live)} in ${m.blocks} blocks, RSS ${size(m.rss)}`;
}
function pick(from, to) {
	state.from = Math.min(from, to);
	state.to = Math.max(from, to);
	$('from').value = state.from;
	$('to').value = state.to;
	$('picked').textContent = `${moments[state.from].t.toFixed(1)} s to ${moments[state.to].t.toFixed(1)} s: ` +
		size(moments[state.to].live - moments[state.from].live, true);
	drawChart();
	drawTable();
	drawFlame();
}
$('chart').addEventListener('pointermove', event => {
	const i = momentAt(event);
	hover.setAttribute('x1', scale.x(moments[i].t));
	hover.setAttribute('x2', scale.x(moments[i].t));
	hover.setAttribute('visibility', 'visible');
	$('tip').textContent = describe(i);
});
$('chart').addEventListener('pointerleave', () => { hover.setAttribute('visibility', 'hidden'); $('tip').textContent = ''; });
$('chart').addEventListener('click', event => { // the nearer of the two moves there
	const i = momentAt(event);
	if (Math.abs(i - state.from) <= Math.abs(i - state.to)) pick(i, state.to); else pick(state.from, i);
});
for (const which of ['from', 'to']) {
	$(which).max = last;
	$(which).addEventListener('input', () => { pick(+$('from').value, +$('to').value); $('tip').textContent = describe(+$(which).value); });
}
$('zoom').addEventListener('click', () => { if (state.to > state.from) { state.low = state.from; state.high = state.to; drawChart(); } });
$('whole').addEventListener('click', () => { state.low = 0; state.high = last; drawChart(); });

// -- table --

const ROW = 24;
let rows = [], chosen = -1;
const keys = {
	line: i => field(frameOf(blamed[i]), PLACE),
	function: i => text(field(frameOf(blamed[i]), FUNC)) + '\0' + field(frameOf(blamed[i]), FILE) + '\0' + field(frameOf(blamed[i]), MODULE),
	file: i => field(frameOf(blamed[i]), FILE) >= 0 ? 'f' + field(frameOf(blamed[i]), FILE) : 'm' + field(frameOf(blamed[i]), MODULE),
	module: i => field(frameOf(blamed[i]), MODULE),
	stack: i => sites[i * 2],
};
function nameOf(site) {
	const frame = frameOf(blamed[site]), place = text(field(frame, PLACE)), name = text(field(frame, FUNC));
	switch (state.group) {
	case 'function': return name ? name + ' (' + (text(field(frame, FILE)) || text(field(frame, MODULE))) + ')' : place;
	case 'file': return text(field(frame, FILE)) || text(field(frame, MODULE)) || place;
	case 'module': return text(field(frame, MODULE)) || '<unknown>';
	default: return field(frame, FILE) >= 0 && name ? place + '  ' + name : place;
	}
}
function group() {
	const found = new Map(), key = keys[state.group];
	for (let i = 0; i < siteCount; i++) {
		const old = at(i, state.from), now = at(i, state.to), id = key(i);
		let row = found.get(id);
		if (!row) found.set(id, row = { site: i, most: -1, size: 0, growth: 0, count: 0, blocks: 0, calls: 0, name: '' });
		row.size += now[0];
		row.growth += now[0] - old[0];
		row.count += now[1];
		row.blocks += now[1] - old[1];
		row.calls += now[2] - old[2];
		if (now[0] > row.most) { row.most = now[0]; row.site = i; }
	}
	return [...found.values()];
}
function drawTable() {
	const wanted = state.filter.toLowerCase(), sign = state.down ? -1 : 1, by = state.sort;
	rows = group();
	for (const row of rows) row.name = nameOf(row.site);
	const all = rows.length;
	if (wanted) rows = rows.filter(row => row.name.toLowerCase().includes(wanted));
	rows.sort(by === 'name' ? (a, b) => sign * (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
		: (a, b) => sign * (a[by] - b[by]) || b.size - a.size || (a.name < b.name ? -1 : 1));
	$('shown').textContent = rows.length === all ? `${all} rows` : `${rows.length} of ${all} rows`;
	for (const button of $('head').children) {
		const mine = button.dataset.sort === by;
		button.setAttribute('aria-sort', mine ? (state.down ? 'descending' : 'ascending') : 'none');
		button.textContent = button.dataset.title + (mine ? (state.down ? ' ▾' : ' ▴') : '');
	}
	choose(-1);
	$('rows').style.height = Math.min(420, Math.max(2, rows.length) * ROW + 2) + 'px';
	$('rows').scrollTop = 0;
	fillRows();
}
// Only what is in sight is in the document.
function fillRows() {
	const view = $('rows'), first = Math.max(0, Math.floor(view.scrollTop / ROW) - 10), end = Math.min(rows.length, first + Math.ceil(420 / ROW) + 20);
	view.replaceChildren();
	element(view, 'div', {}).style.height = rows.length * ROW + 'px';
	for (let i = first; i < end; i++) {
		const row = rows[i], line = element(view, 'div', { class: i === chosen ? 'row chosen' : 'row', 'data-i': i });
		line.style.top = i * ROW + 'px';
		element(line, 'span', {}, size(row.size));
		element(line, 'span', { class: row.growth > 0 ? 'grow' : row.growth < 0 ? 'shrink' : 'soft' }, size(row.growth, true));
		element(line, 'span', {}, count(row.count));
		element(line, 'span', { class: 'soft' }, count(row.blocks, true));
		element(line, 'span', { class: 'soft' }, count(row.calls, true));
		element(line, 'span', { class: 'name', title: row.name }, row.name);
	}
}
function choose(i) {
	chosen = i;
	const list = i < 0 ? [] : stack(sites[rows[i].site * 2]);
	$('stack').textContent = list.map(frame => {
		const name = text(field(frame, FUNC));
		return text(field(frame, PLACE)) + (field(frame, FILE) >= 0 && name ? '  ' + name : '');
	}).join('\n');
	$('stack').hidden = i < 0;
}
$('rows').addEventListener('scroll', fillRows);
$('rows').addEventListener('click', event => {
	const line = event.target.closest('.row');
	if (line) { choose(+line.dataset.i); fillRows(); }
});
$('rows').addEventListener('keydown', event => {
	const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 16, PageUp: -16, Home: -rows.length, End: rows.length }[event.key];
	if (!step || !rows.length) return;
	event.preventDefault();
	choose(Math.min(rows.length - 1, Math.max(0, chosen + step)));
	const view = $('rows'), y = chosen * ROW;
	if (y < view.scrollTop) view.scrollTop = y;
	if (y + ROW > view.scrollTop + view.clientHeight) view.scrollTop = y + ROW - view.clientHeight;
	fillRows();
});
for (const button of $('head').children)
	button.addEventListener('click', () => {
		const by = button.dataset.sort;
		state.down = state.sort === by ? !state.down : by !== 'name';
		state.sort = by;
		drawTable();
	});
$('group').addEventListener('change', () => { state.group = $('group').value; drawTable(); });
$('filter').addEventListener('input', () => { state.filter = $('filter').value; drawTable(); });

// -- flame graph --

const BAR = 20;
let tree = null, focused = null;
function grow() {
	const root = { name: 'all', value: 0, children: new Map(), parent: null, depth: 0 }, made = new Array(nodeCount);
	const metric = { size: i => at(i, state.to)[0], growth: i => Math.max(0, at(i, state.to)[0] - at(i, state.from)[0]), count: i => at(i, state.to)[1] }[state.metric];
	const flame = node => { // nodes of one function under the same callers are one bar
		const chain = [];
		while (node >= 0 && !made[node]) { chain.push(node); node = nodes[node * 2]; }
		let up = node < 0 ? root : made[node];
		while (chain.length) {
			const next = chain.pop(), frame = frameOf(next), name = text(field(frame, FUNC)) || text(field(frame, PLACE));
			let child = up.children.get(name);
			if (!child) up.children.set(name, child = { name, place: text(field(frame, PLACE)), value: 0, children: new Map(), parent: up, depth: up.depth + 1 });
			made[next] = up = child;
		}
		return up;
	};
	for (let i = 0; i < siteCount; i++) {
		const value = metric(i);
		if (value > 0)
			for (let bar = flame(sites[i * 2]); bar; bar = bar.parent) bar.value += value;
	}
	return root;
}
const colour = name => {
	let hash = 0;
	for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
	return `hsl(${20 + Math.abs(hash) % 40} ${70 + Math.abs(hash >> 8) % 20}% ${62 + Math.abs(hash >> 16) % 12}%)`;
};
const shownValue = value => state.metric === 'count' ? value + ' blocks' : size(value);
function drawFlame() {
	tree = grow();
	// The same bar of the new tree, as far as it is there.
	let path = [], bar = tree;
	for (let b = state.zoom; b && b.parent; b = b.parent) path.unshift(b.name);
	for (const name of path) bar = bar.children.get(name) || bar;
	state.zoom = bar;
	placeFlame();
}
function placeFlame() {
	const view = $('flame'), width = view.clientWidth || 900, wanted = state.search.toLowerCase(), bars = [], above = [];
	let deepest = 0, hits = 0;
	const matches = bar => wanted && bar.name.toLowerCase().includes(wanted);
	for (let b = state.zoom.parent; b; b = b.parent) above.unshift(b);
	above.forEach((b, i) => bars.push([b, 0, width, i]));
	const place = (bar, left, row) => {
		const stack = [[bar, left, row]];
		while (stack.length) {
			const [b, x, depth] = stack.pop(), wide = b.value / (state.zoom.value || 1) * width;
			bars.push([b, x, wide, depth]);
			deepest = Math.max(deepest, depth);
			let next = x;
			for (const child of [...b.children.values()].sort((p, q) => q.value - p.value)) {
				const w = child.value / (state.zoom.value || 1) * width;
				if (w >= 1) stack.push([child, next, depth + 1]);
				next += w;
			}
		}
	};
	place(state.zoom, 0, above.length);
	const under = (bar, inside) => { // bytes of bars that match, nested ones once
		const list = [bar];
		while (list.length) {
			const b = list.pop();
			if (matches(b)) inside.sum += b.value; else list.push(...b.children.values());
		}
		return inside.sum;
	};
	if (wanted) hits = under(state.zoom, { sum: 0 });
	view.replaceChildren();
	element(view, 'div', {}).style.height = (deepest + 1) * BAR + 'px';
	for (const [b, x, wide, row] of bars) {
		const share = (100 * b.value / (tree.value || 1)).toFixed(1);
		const made = element(view, 'button', { class: 'f' + (matches(b) ? ' hit' : '') + (row < above.length ? ' faded' : ''),
			title: `${b.name}\n${b.place || ''}\n${shownValue(b.value)}, ${share}%` }, wide > 24 ? b.name : '');
		made.style.left = x + 'px';
		made.style.top = row * BAR + 'px';
		made.style.width = Math.max(1, wide - 1) + 'px';
		made.style.background = colour(b.name);
		made.setAttribute('aria-label', `${b.name}, ${shownValue(b.value)}, ${share}%`);
		made.addEventListener('click', () => { state.zoom = b; focused = b; placeFlame(); });
		if (b === focused) { made.focus({ preventScroll: true }); focused = null; }
	}
	$('flame-told').textContent = `${state.zoom.name}: ${shownValue(state.zoom.value)}` +
		(wanted ? `; ${shownValue(hits)} in what matches (${(100 * hits / (state.zoom.value || 1)).toFixed(1)}%)` : '');
}
$('metric').addEventListener('change', () => { state.metric = $('metric').value; drawFlame(); });
$('search').addEventListener('input', () => { state.search = $('search').value; placeFlame(); });
$('unzoom').addEventListener('click', () => { state.zoom = tree; placeFlame(); });
$('flame').addEventListener('keydown', event => {
	if (event.key === 'Escape') { state.zoom = tree; focused = tree; placeFlame(); }
	if (event.key === 'Backspace' && state.zoom.parent) { state.zoom = state.zoom.parent; focused = state.zoom; placeFlame(); }
});

// -- all --

$('theme').addEventListener('click', () => {
	const root = document.documentElement, dark = matchMedia('(prefers-color-scheme: dark)').matches;
	root.dataset.theme = (root.dataset.theme || (dark ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark';
});
for (const part of document.querySelectorAll('.script')) part.hidden = false;
addEventListener('resize', () => { drawChart(); placeFlame(); });
pick(0, last);
})();
