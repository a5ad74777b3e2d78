/**
 * The page's script: when the controller knows something new, the main part is fetched and put in place. Without it the page is the same,
 * and a `meta refresh` keeps it fresh. What a person has opened stays open, and nothing moves under a selection that is being made.
 */
export const pageScript = `
const pulse = document.getElementById('pulse');
const say = document.getElementById('say');
let events = null;
let wanted = false;
let busy = false;
const opened = new Set();

function mark(state, text) {
  pulse.className = state;
  pulse.textContent = text;
}

function selecting() {
  const selection = getSelection();
  return !selection.isCollapsed && document.getElementById('page').contains(selection.anchorNode);
}

async function refresh() {
  wanted = true;
  if (busy || selecting() || document.hidden) return;
  busy = true;
  try {
    while (wanted) {
      wanted = false;
      const response = await fetch(location.pathname, { cache: 'no-store' });
      if (!response.ok && response.status !== 404) throw new Error(String(response.status));
      place(new DOMParser().parseFromString(await response.text(), 'text/html'));
    }
  } catch {
    mark('lost', 'no answer since ' + new Date().toISOString().slice(11, 19) + 'Z');
  } finally {
    busy = false;
  }
}

function place(next) {
  const main = document.getElementById('page');
  for (const { id, open } of main.querySelectorAll('details')) open ? opened.add(id) : opened.delete(id);
  const focused = main.contains(document.activeElement) ? pathOf(document.activeElement, main) : null;
  const scrolled = [...main.querySelectorAll('.graph, pre')].map((one) => one.scrollLeft);
  main.replaceChildren(...next.getElementById('page').childNodes);
  for (const one of main.querySelectorAll('details')) one.open = opened.has(one.id);
  [...main.querySelectorAll('.graph, pre')].forEach((one, index) => { one.scrollLeft = scrolled[index] ?? 0; });
  if (focused !== null) focused.reduce((at, index) => at?.children[index], main)?.focus({ preventScroll: true });
  if (document.title !== next.title) say.textContent = next.title;
  document.title = next.title;
  document.querySelector('link[rel=icon]').href = next.querySelector('link[rel=icon]').getAttribute('href');
  const asOf = next.getElementById('pulse').textContent;
  mark(events?.readyState === EventSource.OPEN ? 'live' : '', events?.readyState === EventSource.OPEN ? asOf.replace('as of', 'live,') : asOf);
}

function pathOf(element, root) {
  const path = [];
  for (let at = element; at !== root; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
  return path;
}

function listen() {
  if (document.hidden || (events !== null && events.readyState !== EventSource.CLOSED)) return;
  events = new EventSource('/events');
  const page = document.documentElement;
  events.addEventListener('hello', ({ data }) => {
    // Another version of goatherd answers: its page is another one.
    if (page.dataset.version !== undefined && page.dataset.version !== data) location.reload();
    page.dataset.version = data;
    refresh();
  });
  events.addEventListener('change', refresh);
  events.addEventListener('error', () => mark('lost', 'connection lost at ' + new Date().toISOString().slice(11, 19) + 'Z'));
}

document.addEventListener('selectionchange', () => { if (wanted && !selecting()) refresh(); });
document.addEventListener('visibilitychange', () => {
  // A browser allows few connections to one server; tabs that nobody looks at give theirs back.
  if (document.hidden) { events?.close(); return; }
  listen();
  refresh();
});
setInterval(() => { listen(); refresh(); }, 30000);
listen();
`;
