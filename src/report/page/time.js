// Time on an axis: places, steps that people count in, and how a moment is written.

const steps = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1.5e7, 3e7, 6e7, 1.2e8, 3e8, 6e8, 9e8, 1.8e9, 3.6e9, 7.2e9, 1.08e10, 2.16e10, 4.32e10, 8.64e10];

/** Shortest stretch that is shown, in microseconds. */
const shortest = 2e3;

/** `2026-11-20T09:26:54.840` in parts; microseconds beyond the millisecond are left out. */
function written(micros) {
  const [day, time] = new Date((numbers.origin + micros) / 1000).toISOString().slice(0, -1).split('T');
  return { day, time };
}

function tickLabel(micros, step) {
  const { day, time } = written(micros);
  if (step >= 8.64e10) return day.slice(5);
  if (step >= 6e7) return time.slice(0, 5);
  return step >= 1e6 ? time.slice(0, 8) : time;
}

/** Moments to write on the axis: `[micros, label]`. */
function ticks(from, to, wanted) {
  const rough = (to - from) / wanted;
  const day = steps[steps.length - 1];
  const step = steps.find((one) => one >= rough) ?? Math.ceil(rough / day) * day;
  const first = (Math.floor((numbers.origin + from) / step) + 1) * step - numbers.origin;
  const found = [];
  for (let at = first; at <= to; at += step) {
    found.push([at, tickLabel(at, step)]);
  }
  return found;
}

/** The first place in a list in order of time at or after a moment. */
function placeAt(list, moment) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How long, in words: `840 ms`, `12.3 s`, `4 min`. */
function lasting(micros) {
  if (micros < 1e6) return `${Math.round(micros / 1e3)} ms`;
  if (micros < 6e7) return `${(micros / 1e6).toFixed(1)} s`;
  return micros < 3.6e9 ? `${(micros / 6e7).toFixed(1)} min` : `${(micros / 3.6e9).toFixed(1)} h`;
}
