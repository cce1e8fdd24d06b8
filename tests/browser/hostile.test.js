// Log text that would like to be more than text: in a real browser it stays text.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open } from './browser.js';
import { read, rendered } from './reports.js';

const hostile = [
  '<script>alert("zqx")</script>', '<img src=x onerror=alert("zqx")>', '</script><script>alert("zqx")</script>', '</style><style>*{display:none}</style>',
  '"><svg onload=alert("zqx")>', "' onmouseover='alert(\"zqx\")", '<a href="javascript:alert(1)">zqx</a>', 'javascript:alert("zqx")', 'https://evil.example/zqx',
  '<!-- zqx', ']]><zqx>', '</title><h1>zqx</h1>', '<iframe srcdoc="zqx">', '&lt;script&gt;zqx', '\u2028zqx\u2029', '</pre></details></section></main>zqx', '{{ zqx }}{% zqx %}',
  '<meta http-equiv=refresh content="0;url=https://evil.example/zqx">', '<base href="https://evil.example/">', '<form action="https://evil.example"><input name=zqx>',
  '</text></svg><zqx>', '\u0000\u001b[31mzqx', '\u202Ezqx', '#cause=zqx&at=zqx', '__proto__', 'constructor',
];

const words = new Set(['schema', 'outcome', 'verdict', 'footing', 'precision', 'timestamp', 'severity', 'class', 'status', 'start', 'end', 'first', 'last', 'at', 'started_at', 'ended_at', 'link', 'kind']);

/** The same report with one text in all that came from outside; what is equal stays equal. */
function poisoned(value, text, key = '') {
  if (Array.isArray(value)) return value.map((one) => (key === 'evidence' && typeof one === 'string' ? one : poisoned(one, text, key)));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one, text, name)]));
  return typeof value === 'string' && !words.has(key) ? `${value.slice(0, 40)} ${text}` : value;
}

/** Names of elements and attributes, and addresses that lead outside. */
const parsed = (page) =>
  page.evaluate(() => {
    const found = new Set();
    for (const element of document.querySelectorAll('*')) {
      found.add(`<${element.tagName}>`);
      for (const { name, value } of element.attributes) {
        found.add(name);
        if ((name === 'href' || name === 'src') && !value.startsWith('#') && !value.startsWith('https://console.cloud.google.com/logs/query;')) found.add(value);
      }
    }
    return [...found].sort();
  });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test('no text of a report becomes an element, a handler, a link, a request or a dialog', async () => {
  const report = read('two-causes');
  const calm = await open(browser, rendered('calm', poisoned(report, 'calm')));
  const ours = new Set(await parsed(calm.page));
  await calm.close();
  for (const [number, text] of hostile.entries()) {
    const { page, faults, close } = await open(browser, rendered(`hostile-${number}`, poisoned(report, text)));
    // What the scripts make of it counts too: filters, hints, the picture drawn anew.
    await page.selectOption('#by-service', '0');
    await page.fill('#by-text', text.replace(/[\u0000-\u001f\u2028\u2029]/g, ''));
    await page.waitForTimeout(250);
    await page.click('#clear');
    await page.focus('#plot');
    for (const key of ['n', 'n', 'n', '+', 'n', 'Enter']) await page.keyboard.press(key);
    await page.waitForTimeout(60);
    const strange = (await parsed(page)).filter((name) => !ours.has(name));
    assert.deepEqual(strange.filter((name) => !['style', 'tabindex', 'open', 'disabled', 'hidden'].includes(name)), [], text);
    assert.deepEqual(faults, [], text);
    await close();
  }
});
