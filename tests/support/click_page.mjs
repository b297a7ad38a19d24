// Drives silt html's pages in headless Chromium, for tests/e2e/html.sh: prints "NAME<tab>VALUE" for it to compare.
// Usage: node click_page.mjs PLAYWRIGHT_CORE CHROMIUM leak|hostile|many|plain PAGE
const [, , library, browser_path, what, page_path] = process.argv;
const { chromium } = await import(library + '/index.mjs');
const browser = await chromium.launch({ executablePath: browser_path, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, javaScriptEnabled: what !== 'plain' });
const page = await context.newPage();
const asked = [], errors = [];
page.on('request', request => asked.push(request.url()));
page.on('pageerror', error => errors.push(error.message));
page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
page.on('dialog', dialog => { errors.push('dialog'); dialog.dismiss(); });
const tell = (name, value) => console.log(name + '\t' + value);
const start = Date.now();
await page.goto('file://' + page_path);
const rows = () => page.locator('#rows .row').evaluateAll(list => list.map(row => [...row.children].map(cell => cell.textContent)));

async function leak() {
	const all = await rows();
	tell('rows', all.length);
	tell('first', all[0][5].replace(/.*\//, ''));
	const whole = await page.textContent('#picked');
	// A click in the chart moves the nearer moment; the table follows.
	const box = await page.locator('#chart').boundingBox();
	await page.mouse.move(box.x + box.width * 0.75, box.y + 100);
	tell('hover', /^snapshot \d+, [\d.]+ s: live .* in \d+ blocks, RSS /.test(await page.textContent('#tip')));
	await page.mouse.click(box.x + box.width * 0.75, box.y + 100);
	tell('picked', await page.textContent('#picked') !== whole && +await page.inputValue('#to') < +await page.getAttribute('#to', 'max'));
	const half = await rows();
	tell('follows', +half[0][3] < +all[0][3] && +half[0][3] > 0);
	const moments = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).moments.length);
	await page.click('#zoom');
	tell('zoomed', (await page.getAttribute('#chart .live', 'points')).split(' ').length < moments);
	await page.click('#whole');
	tell('whole', (await page.getAttribute('#chart .live', 'points')).split(' ').length === moments);
	await page.focus('#to');
	await page.keyboard.press('End');
	tell('by keys', await page.textContent('#picked') === whole);
	// Sort, filter, group.
	await page.click('#head button:last-child');
	tell('sorted', await page.getAttribute('#head button:last-child', 'aria-sort'));
	const names = (await rows()).map(row => row[5]);
	tell('in order', JSON.stringify(names) === JSON.stringify([...names].sort()));
	await page.fill('#filter', 'CACHE_PUT');
	tell('filtered', (await rows()).length + ' ' + await page.textContent('#shown'));
	await page.selectOption('#group', 'function');
	tell('grouped', (await rows()).length);
	await page.fill('#filter', '');
	await page.selectOption('#group', 'line');
	await page.focus('#rows');
	await page.keyboard.press('End');
	await page.keyboard.press('Home');
	tell('stack', (await page.textContent('#stack')).split('\n').length > 3);
	// Flames.
	const bars = () => page.locator('#flame .f').count();
	const before = await bars();
	tell('flames', await page.textContent('#flame-told'));
	await page.fill('#search', 'page_render');
	tell('hits', await page.locator('#flame .hit').count());
	tell('share', /in what matches \(9\d\.\d%\)/.test(await page.textContent('#flame-told')));
	await page.locator('#flame .f[title^="cache_put\\a"]').first().click();
	tell('zoom', (await page.textContent('#flame-told')).startsWith('cache_put:'));
	tell('above', await page.locator('#flame .faded').count() > 3);
	await page.keyboard.press('Backspace');
	tell('out', (await page.textContent('#flame-told')).startsWith('serve:'));
	await page.keyboard.press('Escape');
	tell('escape', (await page.textContent('#flame-told')).startsWith('all:') && await bars() === before);
	await page.selectOption('#metric', 'count');
	tell('blocks', /^all: \d+ blocks/.test(await page.textContent('#flame-told')));
	await page.locator('details summary').last().click();
	await page.click('#theme');
	const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	await page.click('#theme');
	tell('theme', await page.evaluate(() => getComputedStyle(document.body).backgroundColor) !== light);
}

async function hostile() {
	tell('hit', await page.evaluate(() => String(window.hit)));
	for (const group of ['function', 'file', 'module', 'stack', 'line']) {
		await page.selectOption('#group', group);
		await page.keyboard.press('Tab');
	}
	await page.focus('#rows');
	await page.keyboard.press('Home');
	tell('hit later', await page.evaluate(() => String(window.hit)));
	tell('scripts', await page.locator('script').count());
	tell('images', await page.locator('img, iframe, object').count());
	tell('shown as text', (await page.textContent('body')).includes('<img src=x onerror=window.hit=1>'));
}

async function many() {
	await page.waitForSelector('#rows .row');
	tell('loaded in 30 s', Date.now() - start < 30000);
	await page.selectOption('#group', 'stack');
	tell('shown', await page.textContent('#shown'));
	tell('few in the document', await page.locator('#rows .row').count() < 100);
	const began = Date.now();
	await page.fill('#filter', 'leaf');
	await page.click('#head button:first-child');
	tell('sorted in 20 s', Date.now() - began < 20000);
	await page.evaluate(() => { document.getElementById('rows').scrollTop = 1e9; });
	await page.waitForTimeout(200);
	tell('the last row', await page.locator('#rows .row').evaluateAll(list => Math.max(...list.map(row => +row.dataset.i))));
	tell('bars', await page.locator('#flame .f').count() < 3000);
}

async function plain() {
	tell('finding', (await page.textContent('#finding-1 h3')).replace(/\s+/g, ' '));
	tell('verdict', await page.textContent('#verdict'));
	tell('advice', (await page.textContent('#finding-1 .advice')).includes('Bound it'));
	tell('hidden', await page.locator('#chart').isVisible());
	tell('source', (await page.locator('table.source tr.hot').allTextContents()).some(line => line.includes('malloc(2048)')));
	tell('holder', (await page.textContent('section[aria-labelledby=holders]')).includes('cache.buckets[].next'));
}

// In light and dark, wide and narrow: nothing is wider than the window, no two parts of a row of headers lie on each other, text can be read.
async function looks() {
	for (const colorScheme of ['light', 'dark'])
		for (const width of [1300, 600]) {
			await page.emulateMedia({ colorScheme });
			await page.setViewportSize({ width, height: 900 });
			await page.waitForTimeout(100);
			const wrong = await page.evaluate(() => {
				const found = [];
				if (document.documentElement.scrollWidth > innerWidth + 1) found.push('wider than the window');
				for (const row of document.querySelectorAll('header, nav, #head, .bar, .tools')) {
					const boxes = [...row.children].map(child => child.getBoundingClientRect()).filter(box => box.width && box.height);
					boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
						if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
							found.push('overlap in ' + (row.id || row.localName));
					}));
					for (const child of row.children)
						if (child.scrollWidth > child.clientWidth + 2 && child.clientWidth && getComputedStyle(child).overflow === 'visible')
							found.push('text beyond its cell in ' + (row.id || row.localName));
				}
				const light = colour => { const [r, g, b] = colour.match(/[\d.]+/g).map(Number); return (0.299 * r + 0.587 * g + 0.114 * b) / 255; };
				const style = getComputedStyle(document.body);
				if (Math.abs(light(style.color) - light(style.backgroundColor)) < 0.5) found.push('no contrast');
				return [...new Set(found)];
			});
			tell(colorScheme + ' ' + width, wrong.join('; ') || 'good');
			if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${colorScheme}-${width}.png`, fullPage: false });
		}
}

await { leak, hostile, many, plain, looks }[what]();
tell('errors', errors.join('; ') || 'none');
tell('asked for', asked.filter(url => url !== 'file://' + page_path).join(' ') || 'nothing else');
await browser.close();
