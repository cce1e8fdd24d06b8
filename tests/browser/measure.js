// Prints how long a page of 2,000 tests and 50,000 records takes to load, to filter and to zoom: node measure.js [TESTS RECORDS]

import { launch, open } from './browser.js';
import { large, rendered } from './reports.js';

const [tests = 2000, records = 50_000] = process.argv.slice(2).map(Number);
const lines = [];
const timed = async (name, act) => {
  const begin = performance.now();
  const result = await act();
  lines.push([name, performance.now() - begin]);
  return result;
};

const report = large(tests, records);
const address = await timed('rendered by the program', () => rendered('large', report));
const browser = await launch();
const { page, faults } = await timed('opened, parsed, scripts run', () => open(browser, address));

/** What a person waits for: from the action to the frame in which its effect is drawn. */
const until = async (name, act, done, argument) => {
  await page.waitForTimeout(700);
  await timed(name, async () => {
    await act();
    await page.waitForFunction(done, argument, { timeout: 60_000 });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  });
};
const cleared = () => !document.getElementById('counts').textContent.includes(' of ');
process.on('exit', () => lines.forEach(([name, took]) => console.log(`${name.padEnd(50)} ${Math.round(took).toString().padStart(6)} ms`)));
await until('filter by cause', () => page.selectOption('#by-cause', '1'), () => location.hash.includes('cause'));
await until('and by severity', () => page.selectOption('#by-severity', '5'), () => location.hash.includes('severity'));
await until('clear', () => page.click('#clear'), cleared);
await until('first search (180 ms of it to wait for letters)', () => page.fill('#by-text', 'item 4711'), () => location.hash.includes('4711'));
await until('second search', () => page.fill('#by-text', 'item 4712'), () => location.hash.includes('4712'));
await until('clear', () => page.click('#clear'), cleared);
const range = await page.textContent('#range');
await until('zoom', () => page.click('#zoom-in'), (old) => document.getElementById('range').textContent !== old, range);
await until('all time again', () => page.click('#zoom-all'), () => location.hash.includes('from'));
const last = `e${Math.floor(records / tests) * tests}`;
await until('jump to the last record', () => page.evaluate((id) => { location.hash = id; }, last), (id) => document.activeElement.closest('[id]')?.id === id, last);
const elements = await page.evaluate(() => document.querySelectorAll('*').length);
await browser.close();
console.log(`${elements} elements; ${faults.length} faults`);
