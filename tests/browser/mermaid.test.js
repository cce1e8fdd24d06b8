// The diagrams of the Markdown reports, drawn by Mermaid itself: those of the gallery, and those made of hostile text.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch } from './browser.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const library = join(dirname(createRequire(import.meta.url).resolve('mermaid')), 'mermaid.min.js');
const charts = (file) => [...readFileSync(file, 'utf8').matchAll(/```mermaid\n([\s\S]*?)\n```/g)].map(([, chart]) => chart);

let browser;
let page;
const requests = [];

before(async () => {
  browser = await launch();
  page = await browser.newPage();
  await page.route('**/*', (route) => {
    requests.push(route.request().url());
    return route.abort();
  });
  page.on('dialog', (dialog) => {
    requests.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.setContent('<!doctype html><title>diagrams</title><div id="out"></div>');
  await page.addScriptTag({ content: readFileSync(library, 'utf8') });
});

after(() => browser?.close());

/** Draws a chart as GitHub does, and says what came of it; what Mermaid does not understand is an error. */
const drawn = (chart, theme) => page.evaluate(async ([chart, theme]) => {
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme });
  await mermaid.parse(chart);
  const { svg } = await mermaid.render('chart', chart);
  const out = document.getElementById('out');
  out.innerHTML = svg;
  const labels = [...out.querySelectorAll('.nodeLabel')];
  return {
    texts: labels.map((label) => label.textContent),
    inLabels: [...new Set(labels.flatMap((label) => [...label.querySelectorAll('*')]).map((part) => part.tagName))].sort(),
    active: out.querySelectorAll('a, script, img, iframe, form, .icon, [onclick], [onerror], math').length,
    edges: out.querySelectorAll('.edgePaths path').length,
  };
}, [chart, theme]);

const nodes = (chart) => chart.split('\n').filter((line) => /^ {2}n\d+[[(]/.test(line)).length;
const edges = (chart) => chart.split('\n').filter((line) => /^ {2}n\d+ -/.test(line)).length;

async function isDrawnWhole(chart, theme) {
  const { texts, inLabels, active, edges: lines } = await drawn(chart, theme);
  assert.equal(texts.length, nodes(chart), chart);
  assert.equal(lines, edges(chart), chart);
  assert.deepEqual(inLabels.filter((tag) => !['P', 'BR', 'SPAN'].includes(tag)), [], chart);
  assert.equal(active, 0, chart);
  return texts;
}

test('every diagram of the gallery is drawn, with its root marked', async () => {
  const folder = join(root, 'reports');
  const samples = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const all = samples.flatMap(({ name }) => charts(join(folder, name, 'report.md')));
  assert.ok(all.length > 0);
  for (const theme of ['default', 'dark']) {
    for (const chart of all) {
      const texts = await isDrawnWhole(chart, theme);
      assert.equal(texts.filter((text) => text.startsWith('ROOT CAUSE')).length, 1, chart);
    }
  }
});

test('hostile text in a diagram is text: no link, no image, no directive, no node of its own', async () => {
  const all = charts(join(root, 'tests', 'fixtures', 'report', 'hostile-charts.md'));
  assert.ok(all.length > 40);
  for (const chart of all) {
    await isDrawnWhole(chart, 'default');
  }
  assert.deepEqual(requests, []);
});
