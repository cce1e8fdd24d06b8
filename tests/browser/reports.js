// Reports for the tests: those of the gallery, and some that are made here and rendered by the program.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.resolve(root, process.env.FIVEWHYS ?? 'target/debug/fivewhys');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fivewhys-pages-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** The pages of the gallery, with what they were made of. */
export const gallery = () =>
  fs
    .readdirSync(path.join(root, 'reports'))
    .filter((name) => fs.existsSync(path.join(root, 'reports', name, 'report.html')))
    .map((name) => ({ name, address: pathToFileURL(path.join(root, 'reports', name, 'report.html')).href, report: read(name) }));

export const read = (name) => JSON.parse(fs.readFileSync(path.join(root, 'reports', name, 'report.json'), 'utf8'));

export const address = (name) => pathToFileURL(path.join(root, 'reports', name, 'report.html')).href;

/** Renders a report with the program, and gives the address of the page. */
export function rendered(name, report) {
  const [from, to] = [path.join(folder, `${name}.json`), path.join(folder, `${name}.html`)];
  fs.writeFileSync(from, JSON.stringify(report));
  const out = fs.openSync(to, 'w');
  execFileSync(program, ['report', from, '-f', 'html'], { stdio: ['ignore', out, 'inherit'] });
  fs.closeSync(out);
  return pathToFileURL(to).href;
}

const at = (millis) => new Date(Date.UTC(2026, 10, 20, 9) + millis).toISOString();

/** A run of an hour in which thousands of tests failed for three causes, with some tens of thousands of records. */
export function large(tests, records) {
  const sample = read('two-causes');
  const [cause] = sample.causes;
  const services = Array.from({ length: 12 }, (_, place) => `shop-service-${place}`);
  const severities = ['DEFAULT', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
  const hour = 3_600_000;
  const evidence = {};
  const each = Math.floor(records / tests);
  const keysOf = (test) => Array.from({ length: each }, (_, place) => `e${test * each + place + 1}`);
  for (let place = 0; place < records; place += 1) {
    const excerpt = place % 5 === 0 ? `Traceback (most recent call last):\n  File "/app/cart.py", line ${place % 400}, in checkout\n    total = sum(prices)\nKeyError: 'price of item ${place}'` : `item ${place} was refused by the warehouse (trace ${(place * 2654435761) % 4294967296})`;
    evidence[`e${place + 1}`] = {
      insert_id: [`id${place}`], timestamp: at((place * hour) / records), service: services[(place * 7) % 12], revision: 'shop-00012-abc', instance: `instance-${place % 40}`,
      severity: severities[(place * 3) % 5], log: 'projects/shop/logs/run.googleapis.com%2Fstderr', excerpt, before: [], after: [], link: null,
    };
  }
  const roots = ['auth/missing-jwt', 'config/missing-config', 'database/pool-exhausted'];
  const whys = (keys, root) => [
    { rule: 'test/http-500', answer: `The service answered with an error, seen by ${keys[0]}.`, footing: 'observed', evidence: [], before_window: false },
    { rule: 'python/unhandled-exception', answer: 'An exception was not handled.', footing: 'observed', evidence: keys.slice(1), before_window: false },
    { rule: root, answer: 'The root of it.', footing: 'observed', evidence: keys.slice(0, 1), before_window: false },
  ];
  const id = (place) => `tests/e2e/test_shop_${place % 50}.py::TestShop::test_${place}`;
  const all = Array.from({ length: tests }, (_, place) => {
    const [root, start] = [roots[place % 3], (place * hour) / tests];
    return {
      id: id(place), name: `test_${place}`, outcome: 'failed', attempts: 1, error: `AssertionError: 500 != 200 for order ${place}`,
      window: { start: at(start), end: at(start + 4000 + (place % 9) * 1000), precision: 'exact' }, priority: null, impact: null, verdict: 'confirmed', ruled_out: [], leads: [],
      hypotheses: [{ root, title: `The cause ${root}`, verdict: 'confirmed', score: 80, parts: [{ name: 'join', points: 80, reason: 'Same instance.' }], whys: whys(keysOf(place), root) }],
    };
  });
  const causes = roots.map((root, number) => {
    const own = all.filter((_, place) => place % 3 === number);
    return { ...cause, root, title: `The cause ${root}`, fingerprint: root, tests: own.map((test) => test.id), evidence: own.map((test) => test.hypotheses[0].whys[2].evidence[0]) };
  });
  return {
    ...sample, tests: all, causes, evidence, plan: roots.map((root, place) => ({ root, clears: causes[place].tests.length, total: causes.slice(0, place + 1).reduce((sum, one) => sum + one.tests.length, 0) })),
    run: { ...sample.run, started_at: at(0), ended_at: at(hour), revisions: [], passed: [], counts: { ...sample.run.counts, tests, passed: 0, failed: tests } },
    timeline: { passed: [], request_errors: [{ service: services[0], step_ms: 30_000, steps: Array.from({ length: 120 }, (_, place) => ({ at: at(place * 30_000), client: place % 7, server: place % 3 })) }] },
  };
}
