// Zoom, pan, point and step through the timeline, with mouse, fingers and keys.

const tip = element('tip');
let picked = null;
let settling = 0;

/** Shows a stretch; it becomes part of the address when the hand rests. */
function look(from, to) {
  const [start, end] = numbers.full;
  const length = Math.min(Math.max(to - from, shortest), end - start);
  view.from = Math.min(Math.max(from, start), end - length);
  view.to = view.from + length;
  hideTip();
  redraw();
  clearTimeout(settling);
  settling = setTimeout(() => change({ from: Math.round(view.from), to: Math.round(view.to), at: '' }, 'zoom'), 160);
}

/** Zooms around a moment: below 1 nearer, above 1 farther. */
function zoom(factor, around = (view.from + view.to) / 2) {
  look(around - (around - view.from) * factor, around + (view.to - around) * factor);
}

function pan(part) {
  const step = (view.to - view.from) * part;
  look(view.from + step, view.to + step);
}

const momentAt = (clientX) => view.from + ((clientX - plot.getBoundingClientRect().left) / view.width) * (view.to - view.from);

function showTip(spot) {
  const figure = tip.parentElement.getBoundingClientRect();
  const box = spot.node.getBoundingClientRect();
  spots.forEach(({ node }) => node.classList.remove('hover'));
  spot.node.classList.add('hover');
  tip.textContent = spot.text();
  tip.hidden = false;
  const left = Math.min(Math.max(8, box.left - figure.left - 20), figure.width - tip.offsetWidth - 8);
  const above = box.top - figure.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above > 40 ? above : box.bottom - figure.top + 8}px`;
}

function hideTip() {
  tip.hidden = true;
  picked = null;
  spots.forEach(({ node }) => node.classList.remove('hover'));
}

/** The spot under the pointer, or so near that it is meant. */
function spotAt(clientX, clientY) {
  let nearest = null;
  let best = 12;
  for (const spot of spots) {
    const box = spot.node.getBoundingClientRect();
    const away = Math.max(box.left - clientX, clientX - box.right, box.top - clientY, clientY - box.bottom, 0);
    if (away < best) {
      [nearest, best] = [spot, away];
    }
  }
  return nearest;
}

function open(spot) {
  if (spot?.goal) {
    hideTip();
    change({ at: spot.goal }, 'place');
  }
}

function startPointing() {
  const fingers = new Map();
  let start = null;
  let chosen = null;
  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, event);
    start = { x: event.clientX, from: view.from, to: view.to, moved: false, choosing: event.shiftKey || event.offsetY < 20 };
  });
  plot.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before || !start) {
      const spot = spotAt(event.clientX, event.clientY);
      if (spot !== picked) {
        hideTip();
        picked = spot;
        if (spot) showTip(spot);
      }
      return;
    }
    if (fingers.size === 2) {
      const [other] = [...fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
      const [old, now] = [Math.abs(before.clientX - other.clientX), Math.abs(event.clientX - other.clientX)];
      start.moved = true;
      if (old > 10 && now > 10) zoom(old / now, momentAt((event.clientX + other.clientX) / 2));
    } else if (start.moved || Math.abs(event.clientX - start.x) > 4) {
      if (!start.moved) plot.setPointerCapture(event.pointerId);
      start.moved = true;
      if (start.choosing) {
        chosen?.remove();
        const [left, right] = [start.x, event.clientX].sort((one, other) => one - other);
        const edge = plot.getBoundingClientRect().left;
        chosen = svg('rect', { class: 'passed', x: left - edge, y: 0, width: right - left, height: plot.getAttribute('height') }, plot);
      } else {
        plot.classList.add('moving');
        const shift = ((start.x - event.clientX) / view.width) * (start.to - start.from);
        look(start.from + shift, start.to + shift);
      }
    }
    fingers.set(event.pointerId, event);
  });
  const end = (event) => {
    fingers.delete(event.pointerId);
    plot.classList.remove('moving');
    if (start?.moved && chosen) {
      const [from, to] = [momentAt(start.x), momentAt(event.clientX)].sort((one, other) => one - other);
      look(from, to);
    } else if (start && !start.moved && event.type === 'pointerup') {
      open(spotAt(event.clientX, event.clientY));
    }
    chosen?.remove();
    chosen = null;
    start = fingers.size > 0 ? start : null;
  };
  plot.addEventListener('pointerup', end);
  plot.addEventListener('pointercancel', end);
  plot.addEventListener('pointerleave', () => fingers.size === 0 && hideTip());
  plot.addEventListener('wheel', (event) => {
    // The wheel scrolls the page, unless it is meant for the timeline.
    const meant = event.ctrlKey || event.metaKey || document.activeElement === plot;
    if (!meant && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / view.width);
    else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 240))), momentAt(event.clientX));
  }, { passive: false });
}

/** The next or the one before, from left to right. */
function step(by) {
  if (spots.length === 0) return;
  const place = spots.indexOf(picked);
  const next = spots[place < 0 ? (by > 0 ? 0 : spots.length - 1) : (place + by + spots.length) % spots.length];
  showTip(next);
  picked = next;
}

const keys = {
  '+': () => zoom(0.6), '=': () => zoom(0.6), '-': () => zoom(1 / 0.6), '−': () => zoom(1 / 0.6),
  ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), 0: () => look(...numbers.full), Home: () => look(...numbers.full),
  n: () => step(1), N: () => step(1), p: () => step(-1), P: () => step(-1), Enter: () => open(picked), Escape: () => hideTip(),
};

function startTimeline() {
  if (!plot || !numbers) {
    return;
  }
  element('tools').hidden = element('keys').hidden = false;
  const frame = element('frame');
  frame.classList.add('live');
  // It fits now: the frame no longer scrolls, the picture itself takes the keys.
  ['tabindex', 'role', 'aria-label'].forEach((name) => frame.removeAttribute(name));
  const title = element('plot-title');
  plot.setAttribute('aria-label', title.textContent);
  plot.removeAttribute('aria-labelledby');
  plot.setAttribute('role', 'application');
  plot.setAttribute('aria-describedby', 'plot-text keys');
  plot.setAttribute('tabindex', '0');
  title.remove();
  const buttons = {
    'zoom-in': () => zoom(0.6), 'zoom-out': () => zoom(1 / 0.6), 'pan-left': () => pan(-0.3), 'pan-right': () => pan(0.3),
    'zoom-tests': () => look(...numbers.view), 'zoom-all': () => look(...numbers.full),
  };
  for (const [id, act] of Object.entries(buttons)) {
    element(id).addEventListener('click', act);
  }
  plot.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  plot.addEventListener('blur', hideTip);
  startPointing();
  watch((kind) => {
    if (kind !== 'zoom') {
      clearTimeout(settling);
      [view.from, view.to] = state.from === null ? numbers.view : [state.from, state.to];
    }
    redraw();
  });
  new ResizeObserver(redraw).observe(frame);
}
