// What is shown is written in the address behind `#`, so that every state is a link and the back button works.
//
// `#e12`, `#t3`, `#cause-1` go to a place; `#cause=auth/missing-jwt&severity=ERROR&from=…&to=…` filters, with `at=e12` for a place.

const state = { cause: '', service: '', severity: '', test: '', text: '', from: null, to: null, at: '' };
const watchers = [];

/** Calls `tell` after every change, with what the change was about. */
function watch(tell) {
  watchers.push(tell);
}

const encode = (text) => encodeURIComponent(text).replace(/%2F/g, '/').replace(/%3A/g, ':');

function moment(micros) {
  return new Date((numbers.origin + micros) / 1000).toISOString();
}

function microsOf(text) {
  const time = Date.parse(text);
  return Number.isFinite(time) && numbers ? time * 1000 - numbers.origin : null;
}

/** The fragment that stands for a state. */
function fragment(wanted = state) {
  const parts = [];
  const add = (name, value) => value && parts.push(`${name}=${encode(value)}`);
  add('cause', wanted.cause === 'none' ? 'none' : causes[wanted.cause]);
  add('service', services[wanted.service]);
  add('severity', severities[wanted.severity]);
  add('test', wanted.test !== '' && `t${Number(wanted.test) + 1}`);
  add('text', wanted.text);
  add('from', wanted.from !== null && moment(wanted.from));
  add('to', wanted.to !== null && moment(wanted.to));
  if (parts.length === 0) {
    return wanted.at;
  }
  add('at', wanted.at);
  return parts.join('&');
}

/** The state that a fragment stands for; what it names and does not exist is left out. */
function parsed(text) {
  const read = { cause: '', service: '', severity: '', test: '', text: '', from: null, to: null, at: '' };
  if (!text.includes('=')) {
    return { ...read, at: text };
  }
  const place = (list, name) => (list.indexOf(name) < 0 ? '' : String(list.indexOf(name)));
  for (const part of text.split('&')) {
    const [name, ...rest] = part.split('=');
    let value = rest.join('=');
    try {
      value = decodeURIComponent(value);
    } catch {
      // A damaged escape stands for itself.
    }
    if (name === 'cause') read.cause = value === 'none' ? 'none' : place(causes, value);
    else if (name === 'service') read.service = place(services, value);
    else if (name === 'severity') read.severity = place(severities, value);
    else if (name === 'test') read.test = /^t\d+$/.test(value) && Number(value.slice(1)) <= tests.length ? String(value.slice(1) - 1) : '';
    else if (name === 'text') read.text = value.slice(0, 200);
    else if (name === 'from' || name === 'to') read[name] = microsOf(value);
    else if (name === 'at') read.at = value;
  }
  if (read.from === null || read.to === null || read.from >= read.to) {
    read.from = read.to = null;
  }
  return read;
}

/** Takes on a state. `kind` says what it was about: a run of zooms is one step back, not fifty. */
function change(part, kind) {
  Object.assign(state, part);
  const address = `#${fragment()}`;
  if (address !== (location.hash || '#')) {
    const replace = (kind === 'zoom' || kind === 'text') && history.state?.kind === kind;
    try {
      history[replace ? 'replaceState' : 'pushState']({ kind }, '', address);
    } catch {
      // Where a page may not write its history, its address is not kept.
    }
  }
  watchers.forEach((tell) => tell(kind));
}

/** Takes on what the address says. */
function follow() {
  Object.assign(state, parsed(location.hash.slice(1)));
  watchers.forEach((tell) => tell('address'));
}
