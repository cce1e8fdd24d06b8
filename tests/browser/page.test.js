// What a reader can do with the page of a report, in a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launch, open } from './browser.js';
import { address, gallery, large, read, rendered } from './reports.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Opens a page, lets the test look at it, and sees that nothing went wrong meanwhile. */
async function visit(where, look, options) {
  const { page, faults, close } = await open(browser, where, options);
  try {
    await look(page);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
}

const shown = (page, selector) => page.locator(`${selector}:visible`).count();
const hash = (page) => page.evaluate(() => location.hash);
const counts = (page) => page.textContent('#counts');
const range = (page) => page.textContent('#range');

/** Waits until the address says so. */
const arrives = (page, part) => page.waitForFunction((wanted) => decodeURIComponent(location.hash).includes(wanted), part);

/** Whether the top of an element lies within the window. */
const inSight = (page, selector) =>
  page.waitForFunction((wanted) => {
    const box = document.querySelector(wanted)?.getBoundingClientRect();
    return box && box.height > 0 && box.top >= 0 && box.top < innerHeight;
  }, selector);

describe('every page of the gallery', () => {
  for (const { name, address: where, report } of gallery()) {
    test(`${name} opens without a complaint or a request, and says first what broke`, () =>
      visit(where, async (page) => {
        assert.equal(await page.textContent('h1'), await page.title());
        assert.ok((await page.textContent('h1')).length > 5);
        assert.equal(await shown(page, '#tests tbody tr'), report.tests.length);
        assert.equal(await page.locator('#log .chunk > *').count(), Object.keys(report.evidence).length);
      }));
  }
});

test('the content policy lets no other script and no other style in', () =>
  open(browser, address('two-causes')).then(async ({ page, faults, close }) => {
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid red }';
      const picture = document.createElement('img');
      picture.src = 'https://example.com/picture.png';
      picture.setAttribute('onerror', 'window.injected = true');
      document.body.append(script, style, picture);
    });
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate(() => window.injected), undefined);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).outlineWidth), '7px');
    assert.ok(faults.every((fault) => fault.startsWith('console: ') && /Content Security Policy/.test(fault)), faults.join('\n'));
    assert.ok(faults.length >= 3, 'the browser says of each that it was refused');
    const policy = await page.getAttribute('meta[http-equiv=Content-Security-Policy]', 'content');
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; /);
    await close();
  }));

describe('the timeline', () => {
  test('has a lane for the tests and one for each service that logged', () =>
    visit(address('two-causes'), async (page) => {
      const names = await page.locator('#drawing text.lane').allTextContents();
      const services = [...new Set(read('two-causes').run.revisions.map(({ service }) => service))];
      assert.equal(names.length, services.length + 1);
      assert.deepEqual(names.slice(1), services);
      assert.equal(await page.locator('#drawing .window').count(), read('two-causes').tests.length);
      assert.ok((await page.locator('#drawing .mark').count()) > 0);
    }));

  test('zooms with buttons, keys, wheel and a chosen stretch, and back to all', () =>
    visit(address('two-causes'), async (page) => {
      const all = await range(page);
      const seen = new Set([all]);
      const act = async (name, action) => {
        await action();
        const changed = page.waitForFunction((old) => !old.includes(document.getElementById('range').textContent), [...seen]);
        await changed.catch(() => assert.fail(`${name} changes nothing`));
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
        seen.add(await range(page));
      };
      await act('button', () => page.click('#zoom-in'));
      await page.focus('#plot');
      await act('plus', () => page.keyboard.press('+'));
      await act('right', () => page.keyboard.press('ArrowRight'));
      const box = await page.locator('#plot').boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + 60);
      await act('wheel', () => page.mouse.wheel(0, -240));
      const drag = async (from, to, y) => {
        await page.mouse.move(box.x + from, box.y + y);
        await page.mouse.down();
        await page.mouse.move(box.x + (from + to) / 2, box.y + y);
        await page.mouse.move(box.x + to, box.y + y);
        await page.mouse.up();
      };
      await act('drag', () => drag(500, 350, 70));
      await act('a stretch of the axis', () => drag(300, 500, 8));
      await act('zoom out', () => page.click('#zoom-out'));
      await page.click('#zoom-all');
      await page.waitForFunction((first) => document.getElementById('range').textContent === first, all);
    }));

  test('tells what lies under the pointer, and a click goes to its evidence', () =>
    visit(address('missing-jwt'), async (page) => {
      const mark = page.locator('#drawing .mark').first();
      await mark.hover();
      await page.waitForSelector('#tip:visible');
      assert.match(await page.textContent('#tip'), /e\d+ [A-Z]+\n.+\n1\. auth\/missing-jwt/);
      await mark.click();
      await arrives(page, 'e');
      const id = (await hash(page)).slice(1);
      assert.match(id, /^e\d+$/);
      await inSight(page, `#${id}`);
      assert.equal(await page.locator(`#${id}`).getAttribute('open'), '');
    }));

  test('is walked through with keys alone', () =>
    visit(address('missing-jwt'), async (page) => {
      await page.focus('#plot');
      await page.keyboard.press('n');
      const first = await page.textContent('#tip');
      await page.keyboard.press('n');
      assert.notEqual(await page.textContent('#tip'), first);
      await page.keyboard.press('p');
      assert.equal(await page.textContent('#tip'), first);
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => /^#[et]\d+$/.test(location.hash));
      await page.waitForFunction(() => document.activeElement.closest('[id]').id === location.hash.slice(1));
    }));
});

describe('a filter', () => {
  test('by cause leaves the tests and records of that cause', () =>
    visit(address('two-causes'), async (page) => {
      const [, second] = read('two-causes').causes;
      await page.selectOption('#by-cause', '1');
      await arrives(page, `cause=${second.root}`);
      assert.equal(await shown(page, '#tests tbody tr'), second.tests.length);
      assert.equal(await shown(page, '#causes > article'), 1);
      assert.match(await counts(page), new RegExp(`^${second.tests.length} of `));
      await page.click('#clear');
      assert.equal(await shown(page, '#causes > article'), 2);
    }));

  test('by service, severity, test and text narrows what is shown', () =>
    visit(address('two-causes'), async (page) => {
      const { evidence, tests } = read('two-causes');
      const records = Object.values(evidence);
      const visible = () => page.evaluate(() => document.querySelectorAll('#log .chunk > :not(.filtered)').length);
      const service = await page.locator('#by-service option').nth(2).textContent();
      await page.selectOption('#by-service', { label: service });
      await arrives(page, `service=${service}`);
      assert.equal(await visible(), records.filter((record) => record.service === service).length);
      await page.selectOption('#by-severity', '5');
      await arrives(page, 'severity=ERROR');
      const bad = ['ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
      assert.equal(await visible(), records.filter((record) => record.service === service && bad.includes(record.severity)).length);
      await page.click('#clear');
      await page.selectOption('#by-test', '2');
      await arrives(page, 'test=t3');
      assert.equal(await shown(page, '#tests tbody tr'), 1);
      assert.ok((await page.textContent('#tests tbody tr:not(.filtered)')).includes(tests[2].id));
      await page.click('#clear');
      await page.fill('#by-text', tests[0].name);
      await arrives(page, 'text=');
      assert.ok((await shown(page, '#tests tbody tr')) < tests.length);
    }));

  test('is a link: the same address shows the same', () =>
    visit(address('two-causes'), async (page) => {
      await page.selectOption('#by-cause', '0');
      await page.click('#zoom-in');
      await arrives(page, 'from=');
      const [said, stretch, where] = [await counts(page), await range(page), await hash(page)];
      await visit(address('two-causes'), async (other) => {
        assert.equal(await counts(other), said);
        assert.equal(await range(other), stretch);
      }, { fragment: where });
    }));

  test('goes with the back button, and comes with the forward button', () =>
    visit(address('two-causes'), async (page) => {
      await page.selectOption('#by-cause', '0');
      await arrives(page, 'cause=');
      const said = await counts(page);
      await page.selectOption('#by-severity', '5');
      await arrives(page, 'severity=');
      await page.goBack();
      await page.waitForFunction(() => !location.hash.includes('severity'));
      assert.equal(await counts(page), said);
      assert.equal(await page.inputValue('#by-severity'), '');
      await page.goBack();
      assert.equal(await page.inputValue('#by-cause'), '');
      await page.goForward();
      await arrives(page, 'cause=');
      assert.equal(await counts(page), said);
    }));

  test('does not hide what a link leads to', () =>
    visit(address('two-causes'), async (page) => {
      await page.selectOption('#by-severity', '6');
      await arrives(page, 'severity=');
      await page.evaluate(() => document.querySelector('#causes a[href^="#e"], #tests a[href^="#e"]').click());
      await arrives(page, 'at=e');
      const id = new URLSearchParams((await hash(page)).slice(1)).get('at');
      await inSight(page, `#${id}`);
    }, { fragment: '#unknown' }));
});

test('a fragment leads to a record, a test and a cause, and a nonsensical one does no harm', async () => {
  for (const id of ['e12', 't3', 'cause-2', 'log']) {
    await visit(address('two-causes'), (page) => inSight(page, `#${id}`), { fragment: `#${id}` });
  }
  for (const fragment of ['#e999999', '#cause=nobody&from=x&to=%', '#from=2026-01-01&to=2025-01-01', '#test=t-1&severity=LOUD&a=b=c', '#%E0%A4%A']) {
    await visit(address('two-causes'), async (page) => assert.doesNotMatch(await counts(page), / of /), { fragment });
  }
});

test('without scripts all of the text is there, and the pictures too', async () => {
  for (const { name, address: where, report } of gallery()) {
    await visit(where, async (page) => {
      const squeezed = (text) => text.replace(/\s+/g, ' ').trim();
      const text = squeezed(await page.evaluate(() => document.body.textContent).catch(() => page.textContent('body')));
      const missing = [];
      const look = (what) => text.includes(squeezed(what.replace(/`/g, ''))) || text.includes(squeezed(what)) || missing.push(what);
      Object.values(report.evidence).forEach(({ excerpt }) => look(excerpt));
      report.tests.forEach((one) => {
        look(one.id);
        one.hypotheses.flatMap(({ whys }) => whys).forEach(({ answer }) => look(answer));
      });
      assert.deepEqual(missing, [], name);
      if (Object.keys(report.evidence).length > 0) {
        assert.ok((await page.locator('#plot .mark, #plot .window').count()) > 0, name);
        assert.equal(await page.locator('#filter').isVisible(), false);
      }
    }, { javaScriptEnabled: false });
  }
});

test('on paper everything is open, and no filter hides anything', () =>
  visit(address('two-causes'), async (page) => {
    await page.selectOption('#by-cause', '0');
    await arrives(page, 'cause=');
    await page.emulateMedia({ media: 'print' });
    const { tests, evidence } = read('two-causes');
    assert.equal(await shown(page, '#tests tbody tr'), tests.length);
    assert.equal(await shown(page, '#log .record > summary'), Object.keys(evidence).length);
    const folded = await page.evaluate(() => [...document.querySelectorAll('details pre, details ul')].filter((node) => node.getClientRects().length === 0).length);
    assert.equal(folded, 0);
    assert.equal(await page.locator('#bar').isVisible(), false);
  }));

test('two thousand tests and fifty thousand records open, filter and zoom', () =>
  visit(rendered('large', large(2000, 50_000)), async (page) => {
    page.setDefaultTimeout(240_000);
    assert.equal(await page.locator('#log .chunk > *').count(), 50_000);
    const drawn = () => page.evaluate(() => document.querySelectorAll('#drawing *').length);
    assert.ok((await drawn()) < 6000, 'what is close becomes one mark');
    await page.selectOption('#by-cause', '1');
    await arrives(page, 'cause=');
    assert.match(await counts(page), /^667 of 2000 tests · 16675 of 50000 records$/);
    await page.fill('#by-text', 'item 26');
    await arrives(page, 'text=');
    assert.match(await counts(page), /^\d+ of 2000 tests · \d{1,4} of 50000 records$/);
    await page.click('#clear');
    const before = await range(page);
    await page.click('#zoom-in');
    await page.waitForFunction((old) => document.getElementById('range').textContent !== old, before);
    assert.ok((await drawn()) < 6000);
  }));
