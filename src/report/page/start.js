// Puts the parts together: links within the page, the way to a place, the bar.

/** Opens what a place is folded into, shows it even if a filter hides it, and goes there. */
function go(id) {
  const place = id && element(id);
  document.querySelectorAll('.here').forEach((node) => node.classList.remove('here'));
  if (!place) {
    return;
  }
  for (let node = place; node; node = node.parentElement) {
    node.classList.remove('filtered');
    if (node.tagName === 'DETAILS') node.open = true;
  }
  if (place.tagName === 'TR') place.querySelector('details').open = true;
  if (/^[et]\d+$/.test(id)) place.classList.add('here');
  const goal = place.querySelector(place.tagName === 'TR' ? 'summary' : ':scope > summary') ?? place;
  if (goal === place) place.tabIndex = -1;
  const arrive = () => {
    place.scrollIntoView({ block: 'start' });
    goal.focus({ preventScroll: true });
  };
  arrive();
  // Once more in the next frame: the browser itself is on its way, and what was never drawn has only now its height.
  requestAnimationFrame(arrive);
}

function startLinks() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    change({ at: link.getAttribute('href').slice(1) }, 'place');
  });
  addEventListener('popstate', follow);
  // A fragment typed into the address bar, or set by another script, is not always told as the other.
  addEventListener('hashchange', () => location.hash.slice(1) !== fragment() && follow());
  watch((kind) => (kind === 'place' || kind === 'address') && go(state.at));
}

function startBar() {
  const bar = element('bar');
  new ResizeObserver(() => {
    document.documentElement.style.setProperty('--bar', `${bar.offsetHeight + 12}px`);
  }).observe(bar);
  const links = [...bar.querySelectorAll('nav a')];
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      links.forEach((link) => {
        if (link.getAttribute('href') === `#${target.id}`) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      });
    }
  }, { rootMargin: '-20% 0px -70% 0px' });
  links.forEach((link) => {
    const section = element(link.getAttribute('href').slice(1));
    if (section) seen.observe(section);
  });
}

startFilter();
startTimeline();
startLinks();
startBar();
follow();
