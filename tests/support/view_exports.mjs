// Opens exports in what reads them, in headless Chromium, for tests/e2e/export.sh: prints "NAME<tab>VALUE" for it to compare.
// Usage: node view_exports.mjs MODULES CHROMIUM SPEEDSCOPE_JSON FOLDED,PPROF [DHAT_JSON DH_VIEW]
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const [, , modules, browser_path, speedscope, folded, dhat, viewer] = process.argv;
const tell = (name, value) => console.log(name + '\t' + value);
const { chromium } = await import(modules + '/playwright-core/index.mjs');
const browser = await chromium.launch({ executablePath: browser_path, args: ['--no-sandbox', '--allow-file-access-from-files'] });

async function open(name, url, see) {
	const page = await browser.newPage();
	const errors = [];
	page.on('pageerror', error => errors.push(error.message));
	page.on('dialog', dialog => { errors.push(dialog.message()); dialog.dismiss(); });
	await page.goto(url);
	await see(page);
	tell(name + ' errors', errors.join('; ') || 'none');
	await page.close();
}

const Ajv = createRequire(modules + '/').call(null, 'ajv');
const schema = JSON.parse(readFileSync(modules + '/speedscope/dist/release/file-format-schema.json', 'utf8'));
delete schema.$schema; // draft-07, which is what ajv takes by itself
const ajv = new (Ajv.default || Ajv)({ strict: false, allErrors: true });
const text = readFileSync(speedscope, 'utf8');
tell('schema', ajv.validate(schema, JSON.parse(text)) ? 'valid' : ajv.errorsText());
// What the speedscope command does to open a file: a script that hands it over. A format that it does not know is an alert.
for (const file of [speedscope, ...folded.split(',')]) {
	const name = file.split('/').pop();
	writeFileSync(file + '.js', `speedscope.loadFileFromBase64("${name}", "${readFileSync(file).toString('base64')}")`);
	await open(name, `file://${modules}/speedscope/dist/release/index.html#localProfilePath=${file}.js`, async page => {
		await page.waitForFunction(() => / - speedscope$/.test(document.title), null, { timeout: 20000 }).catch(() => {});
		tell(name, await page.title());
	});
}
if (viewer) {
	await open('dhat', 'file://' + viewer, async page => {
		await page.setInputFiles('input[type=file]', dhat);
		await page.waitForFunction(() => document.body.textContent.includes('PP 1'), null, { timeout: 30000 }).catch(() => {});
		const shown = await page.evaluate(() => document.body.innerText);
		tell('total', shown.match(/Total: *([\d,]+) bytes.*in ([\d,]+) blocks/)?.slice(1, 3).join(' '));
		tell('end', shown.match(/At t-end: *([\d,]+) bytes.*in ([\d,]+) blocks/)?.slice(1, 3).join(' '));
		tell('command', shown.match(/Command: *(.*)/)?.[1]);
	});
}
await browser.close();
