// Whether people who do not see the screen, or not its colours, can read the page; and whether it is drawn at all.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { after, before, test } from 'node:test';

import { launch, open } from './browser.js';
import { address, gallery } from './reports.js';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const colorScheme of ['light', 'dark']) {
  test(`a checker of accessibility finds nothing serious in the ${colorScheme} pages`, async () => {
    for (const { name, address: where } of gallery()) {
      const { page, close } = await open(browser, where, { colorScheme });
      await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
      const told = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
      assert.deepEqual(told, [], name);
      await close();
    }
  });
}

test('keys alone lead from the top into the report, and the focus is seen', async () => {
  const { page, faults, close } = await open(browser, address('two-causes'));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the report');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(outline, '2px');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'report');
  assert.deepEqual(faults, []);
  await close();
});

test('landmarks and headings tell the parts of the page', async () => {
  const { page, close } = await open(browser, address('two-causes'));
  for (const landmark of ['navigation', 'search', 'main', 'banner']) {
    assert.ok((await page.getByRole(landmark).count()) >= 1, landmark);
  }
  const levels = await page.evaluate(() => [...document.querySelectorAll('h1, h2, h3')].map((heading) => Number(heading.tagName[1])));
  assert.equal(levels.filter((level) => level === 1).length, 1);
  assert.ok(levels.every((level, place) => place === 0 || level - levels[place - 1] <= 1), levels.join(' '));
  await close();
});

/** Width, height, and how many different bytes there are in the rows of a PNG. */
function picture(png) {
  const parts = [];
  for (let place = 8; place < png.length; place += 12 + png.readUInt32BE(place)) {
    if (png.toString('latin1', place + 4, place + 8) === 'IDAT') parts.push(png.subarray(place + 8, place + 8 + png.readUInt32BE(place)));
  }
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), values: new Set(inflateSync(Buffer.concat(parts))).size };
}

for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [400, 'light'], [1920, 'dark']]) {
  test(`a page of ${width} columns is drawn in ${colorScheme} colours and fits its width`, async () => {
    const { page, close } = await open(browser, address('two-causes'), { viewport: { width, height: 800 }, colorScheme });
    const drawn = picture(await page.screenshot());
    assert.deepEqual([drawn.width, drawn.height], [width, 800]);
    assert.ok(drawn.values > 40, `only ${drawn.values} different values: an empty page`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it must not scroll sideways');
    const [light] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    assert.equal(light > 128, colorScheme === 'light');
    await close();
  });
}
