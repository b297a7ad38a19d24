// Opens exports in what reads them, in headless Chromium, for tests/e2e/export.sh: prints "NAME<tab>VALUE" for it to compare.
// Usage: node view.mjs MODULES CHROMIUM speedscope|dhat FILE [DH_VIEW]
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const [, , modules, browser_path, what, file, viewer] = process.argv;
const tell = (name, value) => console.log(name + '\t' + value);
const text = readFileSync(file, 'utf8');

async function open(url, see) {
	const { chromium } = await import(modules + '/playwright-core/index.mjs');
	const browser = await chromium.launch({ executablePath: browser_path, args: ['--no-sandbox', '--allow-file-access-from-files'] });
	const page = await browser.newPage();
	const errors = [];
	page.on('pageerror', error => errors.push(error.message));
	page.on('dialog', dialog => { errors.push(dialog.message()); dialog.dismiss(); });
	await page.goto(url);
	await see(page);
	tell('errors', errors.join('; ') || 'none');
	await browser.close();
}

if (what === 'speedscope') {
	const Ajv = createRequire(modules + '/').call(null, 'ajv');
	const schema = JSON.parse(readFileSync(modules + '/speedscope/dist/release/file-format-schema.json', 'utf8'));
	delete schema.$schema; // draft-07, which is what ajv takes by itself
	const ajv = new (Ajv.default || Ajv)({ strict: false, allErrors: true });
	tell('schema', ajv.validate(schema, JSON.parse(text)) ? 'valid' : ajv.errorsText());
	// What the speedscope command does to open a file: a script that hands it over.
	writeFileSync(file + '.js', `speedscope.loadFileFromBase64("silt.json", "${Buffer.from(text).toString('base64')}")`);
	await open(`file://${modules}/speedscope/dist/release/index.html#localProfilePath=${file}.js`, async page => {
		await page.waitForFunction(() => document.title.includes('(pid '), null, { timeout: 30000 }).catch(() => {});
		tell('title', await page.title());
	});
} else {
	await open('file://' + viewer, async page => {
		await page.setInputFiles('input[type=file]', file);
		await page.waitForFunction(() => document.body.textContent.includes('PP 1'), null, { timeout: 30000 }).catch(() => {});
		const shown = await page.evaluate(() => document.body.innerText);
		tell('total', shown.match(/Total: *([\d,]+) bytes.*in ([\d,]+) blocks/)?.slice(1, 3).join(' '));
		tell('end', shown.match(/At t-end: *([\d,]+) bytes.*in ([\d,]+) blocks/)?.slice(1, 3).join(' '));
		tell('command', shown.match(/Command: *(.*)/)?.[1]);
		tell('largest', shown.match(/#1: 0x[0-9A-F]+: (.*)/)?.[1]);
	});
}
