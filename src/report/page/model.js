// What the page holds, as numbers beside it and as elements: no text of a log is in the numbers.

const element = (id) => document.getElementById(id);
const numbers = JSON.parse(element('numbers')?.textContent ?? 'null');

const severities = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];

/** The names behind the options of a choice; the first one stands for all. */
const names = (id) => [...element(id).options].filter((option) => /^\d+$/.test(option.value)).map((option) => option.text);
const services = names('by-service');
const tests = names('by-test');
// `2 · auth/missing-jwt`
const causes = names('by-cause').map((name) => name.slice(name.indexOf(' · ') + 3));

const chunks = [...document.querySelectorAll('#log > .chunk')];
const records = chunks.flatMap((chunk, place) => [...chunk.children].map((node) => ({ node, chunk: place })));
/** In the order of the run; the table has the most urgent first. */
const testRows = tests.map((_, place) => element(`t${place + 1}`));
/** Which rows are in which part of the table. */
const testChunks = new Map([...document.querySelectorAll('#tests .chunk')].map((chunk) => [chunk, []]));
testRows.forEach((row, place) => testChunks.get(row.closest('.chunk')).push(place));
const causeArticles = [...document.querySelectorAll('#causes > article')];

/** The place of the record with this key (`e12`), or -1. */
const placeOfKey = new Map((numbers?.records ?? []).map((record, place) => [record.key, place]));
const recordOf = (key) => placeOfKey.get(key) ?? -1;

/** Records in order of time, for those that are dated. */
const timed = (numbers?.records ?? [])
  .map((record, place) => ({ ...record, place }))
  .filter((record) => record.at !== null)
  .sort((one, other) => one.at - other.at || one.place - other.place);

/** The text of an element, in small letters, read once. */
const texts = new Map();
function textOf(node) {
  let text = texts.get(node);
  if (text === undefined) {
    text = node.textContent.toLowerCase();
    texts.set(node, text);
  }
  return text;
}
