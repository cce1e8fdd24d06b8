// Draws the timeline: as much as there is room for, however many tests and records there are.
//
// The picture that came with the page is drawn in the same way (`timeline/picture.rs`): what is close becomes one mark.

const sizes = { name: 20, row: 18, bar: 11, bars: 24, tests: 88, passed: 8, errors: 16, ticks: 26, column: 9 };
const causeRows = 3;

const plot = element('plot');
const drawing = element('drawing');
const view = { from: 0, to: 1, width: 1000 };

/** What can be pointed at: `{ node, x, text, goal }`, from left to right. */
let spots = [];

function svg(name, attributes, parent, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  if (text !== undefined) {
    node.textContent = text;
  }
  parent.append(node);
  return node;
}

const xOf = (at) => ((at - view.from) / (view.to - view.from)) * view.width;
const rounded = (number) => Math.round(number * 10) / 10;

/** Records and errors of each service, with a row for each of its causes; this never changes. */
const lanes = services.map((name, place) => {
  const own = timed.filter((record) => record.lane === place);
  const kinds = [...new Set(own.map((record) => record.causes[0] ?? Infinity))].sort((one, other) => one - other);
  const rowOf = new Map(kinds.map((kind, row) => [kind, Math.min(row, causeRows - 1)]));
  const errors = (numbers?.errors ?? []).filter((series) => series.lane === place);
  return { name, own, rowOf, errors, rows: Math.min(kinds.length, causeRows) };
});

// Where many rows are full of marks, wider columns keep the picture light.
if (lanes.reduce((sum, lane) => sum + lane.rows, 0) > 12) {
  sizes.column = 15;
}

const windows = (numbers?.tests ?? [])
  .map((test, place) => ({ place, causes: test.causes, from: test.window?.[0], to: test.window?.[1] }))
  .filter((test) => test.from !== undefined)
  .sort((one, other) => one.from - other.from || one.to - other.to);

/** A row for each window so that none overlap, or null where that takes too many rows. */
function packed(list) {
  const ends = [];
  const rows = [];
  for (const { from, to } of list) {
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) {
      if (ends.length >= sizes.bars) return null;
      row = ends.length;
    }
    ends[row] = to;
    rows.push(row);
  }
  return rows;
}

const packedAll = packed(windows);
packedAll?.forEach((row, place) => (windows[place].row = row));
const rowsOfAll = Math.max(1, ...(packedAll ?? []).map((row) => row + 1));
const testsHigh = packedAll ? Math.min(rowsOfAll * sizes.bar, sizes.tests) : sizes.tests;

function rect(kind, x, y, width, height, parent) {
  const left = Math.max(0, x);
  const right = Math.min(view.width, x + Math.max(width, 2));
  return right < 0 || left > view.width
    ? null
    : svg('rect', { class: kind, x: rounded(left), y: rounded(y), width: rounded(Math.max(right - left, 2)), height: rounded(height) }, parent);
}

function drawTests(top) {
  const group = svg('g', {}, drawing);
  svg('path', { class: 'floor', d: `M0 ${top}H${view.width}` }, group);
  let y = top + sizes.name;
  const visible = windows.filter(({ from, to }) => to >= view.from && from <= view.to);
  const rows = packedAll ? visible.map((test) => test.row) : packed(visible);
  if (rows) {
    const deep = packedAll ? rowsOfAll : Math.max(1, ...rows.map((row) => row + 1));
    const high = Math.min(sizes.bar, testsHigh / deep);
    visible.forEach((test, place) => drawWindow(test, y + rows[place] * high, high, group));
  } else {
    drawDensity(visible, y, testsHigh, group);
  }
  y += testsHigh;
  let strip = null;
  for (const [from, to] of [...numbers.passed, [Infinity, Infinity]]) {
    if (strip && xOf(from) <= strip.right + 1) {
      strip.right = Math.max(strip.right, xOf(to));
      continue;
    }
    if (strip) rect('passed', strip.left, y + 2, strip.right - strip.left, sizes.passed - 2, group);
    strip = { left: xOf(from), right: xOf(to) };
  }
  svg('text', { class: 'lane', x: 4, y: top + 14 }, group, `Tests: ${windows.length} failed`);
  return y + sizes.passed + 6;
}

function drawWindow(test, y, high, group) {
  const cause = test.causes[0];
  const node = rect(cause === undefined ? 'window unexplained' : `window c${cause % 6}`, xOf(test.from), y, xOf(test.to) - xOf(test.from), high - Math.min(2, high / 5), group);
  if (!node) {
    return;
  }
  if (cause !== undefined && high > 9 && Number(node.getAttribute('width')) > 14) {
    svg('text', { class: 'number', x: Number(node.getAttribute('x')) + 4, y: rounded(y + 7.6) }, group, cause + 1);
  }
  const kept = !matching || testKept(test.place);
  node.classList.toggle('dim', !kept);
  const why = cause === undefined ? 'unexplained' : test.causes.map((one) => `${one + 1}. ${causes[one]}`).join(', ');
  spots.push({
    node,
    x: Math.max(0, xOf(test.from)),
    goal: `t${test.place + 1}`,
    text: () => `${tests[test.place]}\n${testRows[test.place].cells[1].innerText.replace(/\n/g, ', ')}, ${testRows[test.place].cells[2].textContent}: ${why}\n${written(test.from).time} – ${written(test.to).time} UTC, ${lasting(test.to - test.from)}`,
  });
}

const testKept = (place) => !testRows[place].classList.contains('filtered');

/** Too many to tell apart: how many lie over each other, column by column and cause by cause. */
function drawDensity(visible, y, height, group) {
  const columns = Math.ceil(view.width / sizes.column);
  const column = (at) => Math.min(columns - 1, Math.max(0, Math.floor(xOf(at) / sizes.column)));
  const ofCause = new Map();
  const first = [];
  for (const test of visible) {
    const cause = test.causes[0] ?? Infinity;
    if (!ofCause.has(cause)) ofCause.set(cause, new Array(columns + 1).fill(0));
    const [start, end] = [column(test.from), column(test.to)];
    ofCause.get(cause)[start] += 1;
    ofCause.get(cause)[end + 1] -= 1;
    for (let place = start; place <= end; place += 1) first[place] ??= test.place;
  }
  const kinds = [...ofCause.keys()].sort((one, other) => one - other);
  kinds.forEach((kind) => ofCause.get(kind).reduce((deep, change, place, counts) => (counts[place] = deep + change), 0));
  const countsAt = (place) => kinds.map((kind) => ofCause.get(kind)[place]);
  const sum = (counts) => counts.reduce((one, other) => one + other, 0);
  const most = Math.max(1, ...Array.from({ length: columns }, (_, place) => sum(countsAt(place))));
  for (let place = 0; place < columns; place += 1) {
    let foot = y + height - 2;
    countsAt(place).forEach((count, number) => {
      if (count === 0) return;
      const tall = (count / most) * (height - 4);
      const [kind, at] = [kinds[number], view.from + (place * sizes.column * (view.to - view.from)) / view.width];
      foot -= tall;
      const node = rect(`window many ${kind === Infinity ? 'unexplained' : `c${kind % 6}`}`, place * sizes.column, foot, sizes.column - 1, tall, group);
      const why = kind === Infinity ? 'unexplained' : `${kind + 1}. ${causes[kind]}`;
      spots.push({ node, x: place * sizes.column, goal: `t${first[place] + 1}`, text: () => `${count} failed tests around ${written(at).time} UTC: ${why}\nZoom in to tell them apart.` });
    });
  }
}

function drawLane(lane, top) {
  const group = svg('g', {}, drawing);
  svg('path', { class: 'floor', d: `M0 ${top}H${view.width}` }, group);
  const y = top + sizes.name;
  const [start, end] = [placeAt(lane.own, view.from), placeAt(lane.own, view.to + 1)];
  const found = new Map();
  for (let place = start; place < end; place += 1) {
    const record = lane.own[place];
    const cause = record.causes[0];
    const row = lane.rowOf.get(cause ?? Infinity);
    const key = `${row} ${cause} ${Math.floor(xOf(record.at) / sizes.column)}`;
    const spot = found.get(key);
    if (spot) {
      spot.last = record;
      spot.count += 1;
      spot.root ||= record.root;
      spot.kept ||= matching?.[record.place] ?? true;
    } else {
      found.set(key, { first: record, last: record, cause, row, count: 1, root: record.root, kept: matching?.[record.place] ?? true });
    }
  }
  for (const spot of found.values()) {
    drawSpot(spot, lane, y, group);
  }
  let foot = y + lane.rows * sizes.row;
  if (lane.errors.length > 0) {
    lane.errors.forEach((series) => drawErrors(series, lane, foot, group));
    foot += sizes.errors;
  }
  svg('text', { class: 'lane', x: 4, y: top + 14 }, group, lane.name.length > 80 ? `${lane.name.slice(0, 80)}…` : lane.name);
  return Math.max(foot + 6, top + sizes.name + 8);
}

function drawSpot(spot, lane, y, group) {
  const x = Math.min(Math.max(xOf(spot.first.at), 6), view.width - 6);
  const shape = spot.cause === undefined ? 'lead' : spot.cause % 6;
  const kind = spot.cause === undefined ? 'lead' : `c${shape}`;
  const node = svg('use', { class: `mark ${kind}${spot.root ? ' root' : ''}${spot.kept ? '' : ' dim'}`, href: `#mark-${shape}`, x: rounded(x), y: y + spot.row * sizes.row + sizes.row / 2 }, group);
  spots.push({ node, x, goal: `e${spot.first.key}`, text: () => spotText(spot, lane) });
}

/** What a record says first. */
const lineOf = (node) => node.querySelector('.line')?.textContent ?? node.textContent.split('\n')[1];

function spotText({ first, last, cause, root, count }, lane) {
  const what = cause === undefined ? 'lead, or not enough for a cause' : `${cause + 1}. ${causes[cause]}${root ? ', the root' : ', a step towards it'}`;
  const line = lineOf(records[first.place].node).slice(0, 160);
  const when = count === 1 ? written(first.at).time : `${written(first.at).time} – ${written(last.at).time}`;
  return `${count === 1 ? '' : `${count} records, the first: `}e${first.key} ${severities[first.severity]}\n${line}\n${what}\n${lane.name}, ${when} UTC`;
}

function drawErrors(series, lane, y, group) {
  const most = Math.max(1, ...series.steps.map(([, client, server]) => client + server));
  for (const [at, client, server] of series.steps) {
    if (at + series.step < view.from || at > view.to) continue;
    const width = Math.max(3, xOf(at + series.step) - xOf(at) - 1);
    let foot = y + sizes.errors;
    for (const [count, kind, name] of [[server, 'errors server', '5xx'], [client, 'errors', '4xx']]) {
      if (count === 0) continue;
      const tall = Math.max(3, Math.round((count / most) * (sizes.errors - 3)));
      foot -= tall;
      const node = rect(kind, xOf(at), foot, width, tall, group);
      if (node) {
        spots.push({ node, x: Math.max(0, xOf(at)), goal: '', text: () => `${count} request${count === 1 ? '' : 's'} answered with ${name}\n${lane.name}, ${written(at).time} UTC and ${lasting(series.step)} after` });
      }
    }
  }
}

function draw() {
  view.width = Math.max(280, plot.parentElement.clientWidth);
  spots = [];
  drawing.replaceChildren();
  const marks = ticks(view.from, view.to, view.width / 130).map(([at, label]) => [xOf(at), label]);
  const axis = svg('g', {}, drawing);
  let y = drawTests(sizes.ticks);
  for (const lane of lanes) {
    y = drawLane(lane, y);
  }
  for (const [x, label] of marks) {
    svg('path', { class: 'grid', d: `M${rounded(x)} 20V${y}` }, axis);
    const anchor = x < 40 ? 'start' : x > view.width - 40 ? 'end' : 'middle';
    svg('text', { class: 'tick', x: rounded(x), y: 14, 'text-anchor': anchor }, axis, label);
  }
  plot.setAttribute('viewBox', `0 0 ${view.width} ${y + 4}`);
  plot.setAttribute('width', view.width);
  plot.setAttribute('height', y + 4);
  spots.sort((one, other) => one.x - other.x);
  const [from, to] = [written(view.from), written(view.to)];
  element('day').textContent = `${from.day}${to.day === from.day ? '' : ` to ${to.day}`}, UTC`;
  element('range').textContent = `${from.time} – ${to.time} · ${lasting(view.to - view.from)}`;
}

let drawn = 0;
function redraw() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(draw);
}
