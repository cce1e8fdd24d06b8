// Filters: what does not match is hidden, in the lists, the causes and the table of tests.

const fields = { cause: element('by-cause'), service: element('by-service'), severity: element('by-severity'), test: element('by-test'), text: element('by-text') };

/** Which records match, by place; the timeline dims the others. */
let matching = null;

const isFiltered = () =>
  Boolean(state.cause || state.service || state.severity || state.test || state.text) || state.from !== null;

function recordTest() {
  const cause = state.cause === '' || state.cause === 'none' ? null : Number(state.cause);
  const service = state.service === '' ? null : Number(state.service);
  const worse = Number(state.severity || 0);
  const ofTest = state.test === '' ? null : new Set(numbers.tests[Number(state.test)].records);
  const text = state.text.toLowerCase();
  return (record, place) =>
    (cause === null || record.causes.includes(cause)) &&
    (state.cause !== 'none' || record.causes.length === 0) &&
    (service === null || record.lane === service) &&
    record.severity >= worse &&
    (ofTest === null || ofTest.has(place)) &&
    (state.from === null || record.at === null || (record.at >= state.from && record.at <= state.to)) &&
    (text === '' || textOf(records[place].node).includes(text));
}

/** Whether the filters that only records can answer ask for anything. */
const asksRecords = () => Boolean(state.service || state.severity);

function testMatches(test, place) {
  const text = state.text.toLowerCase();
  return (
    (state.test === '' || Number(state.test) === place) &&
    (state.cause === '' || (state.cause === 'none' ? test.causes.length === 0 : test.causes.includes(Number(state.cause)))) &&
    (state.from === null || test.window === null || (test.window[1] >= state.from && test.window[0] <= state.to)) &&
    (!asksRecords() || test.records.some((record) => matching[record])) &&
    (text === '' || textOf(testRows[place]).includes(text) || test.records.some((record) => matching[record]))
  );
}

function show(node, shown) {
  // A class, so that paper can show what the screen does not.
  if (node.classList.contains('filtered') === shown) {
    node.classList.toggle('filtered', !shown);
  }
}

/** About how high a record is: folded, or written out. */
const height = records[0]?.node.tagName === 'PRE' ? 75 : 29;

function applyFilter() {
  if (!numbers) {
    return;
  }
  const all = !isFiltered();
  const matches = recordTest();
  matching = numbers.records.map((record, place) => all || matches(record, place));
  const left = new Array(chunks.length).fill(0);
  matching.forEach((match, place) => {
    show(records[place].node, match);
    left[records[place].chunk] += match ? 1 : 0;
  });
  chunks.forEach((chunk, place) => {
    show(chunk, left[place] > 0);
    chunk.style.containIntrinsicSize = `auto ${left[place] * height}px`;
  });
  const tested = numbers.tests.map((test, place) => all || testMatches(test, place));
  tested.forEach((match, place) => show(testRows[place], match));
  testChunks.forEach((rows, chunk) => show(chunk, rows.some((place) => tested[place])));
  const live = new Set(numbers.tests.flatMap((test, place) => (tested[place] ? test.causes : [])));
  causeArticles.forEach((article, place) => show(article, all || live.has(place)));
  const unexplained = element('unexplained');
  if (unexplained) {
    show(unexplained, all || numbers.tests.some((test, place) => tested[place] && test.causes.length === 0));
  }
  tell(all, tested.filter(Boolean).length, matching.filter(Boolean).length);
}

function tell(all, ofTests, ofRecords) {
  const output = element('counts');
  output.textContent = all
    ? `${numbers.tests.length} tests · ${numbers.records.length} records`
    : `${ofTests} of ${numbers.tests.length} tests · ${ofRecords} of ${numbers.records.length} records`;
  element('clear').disabled = all;
  for (const [name, field] of Object.entries(fields)) {
    if (field.value !== state[name]) {
      field.value = state[name];
    }
    field.classList.toggle('set', state[name] !== '');
  }
}

function startFilter() {
  element('filter').hidden = false;
  element('filters').open = matchMedia('(min-width: 44rem)').matches;
  let waiting = 0;
  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener(name === 'text' ? 'input' : 'change', () => {
      clearTimeout(waiting);
      // Letters come faster than fifty thousand records are looked through.
      waiting = setTimeout(() => change({ [name]: field.value, at: '' }, name), name === 'text' ? 180 : 0);
    });
  }
  element('filter').addEventListener('submit', (event) => event.preventDefault());
  element('clear').addEventListener('click', () => {
    change({ cause: '', service: '', severity: '', test: '', text: '', from: null, to: null, at: '' }, 'clear');
  });
  watch(applyFilter);
}
