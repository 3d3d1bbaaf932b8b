// Lists that live: a changed row is patched where it stands; a new one comes in at its place while nobody is busy in
// the list, and waits in the arrivals bar otherwise.
const parse = (html) => [...new DOMParser().parseFromString(`<template>${html}</template>`, "text/html").querySelector("template").content.children];
const listsOf = (topic) => [...document.querySelectorAll(`[data-live-topic~="${CSS.escape(topic)}"][data-live-mode]`)];
const keyOf = (id) => id.slice(id.indexOf("-") + 1); // `<kind>-<key>`: a kind has no dash, a key may
const waiting = new WeakMap();
let isPaused = false;
const reread = () => document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: { soon: true } }));
const changed = () => document.dispatchEvent(new CustomEvent("qd:rows"));

function isNewer(key, other) {
  return /^\d+$/.test(key) && /^\d+$/.test(other) ? Number(key) > Number(other) : key > other;
}

function isBusyWith(list) {
  const frame = list.closest(".list") || list;
  const selection = getSelection();
  return (
    frame.contains(document.activeElement) ||
    list.matches(":hover") ||
    list.getBoundingClientRect().top < 0 ||
    frame.querySelector("[data-tick]:checked") !== null ||
    (!selection.isCollapsed && frame.contains(selection.anchorNode))
  );
}

function patch(row, next) {
  if (Number(row.dataset.v) >= Number(next.dataset.v)) return false;
  document.dispatchEvent(new CustomEvent("qd:morph", { detail: { from: row, to: next } }));
  return true;
}

function insert(list, row) {
  const rows = [...list.children];
  const before = rows.find((other) => isNewer(keyOf(row.id), keyOf(other.id)));
  const limit = Number(list.dataset.liveLimit) || Infinity;
  const isFull = rows.length >= limit || (limit === Infinity && document.querySelector("[data-page-older]") !== null);
  if (!before && isFull) return;
  list.insertBefore(document.importNode(row, true), before ?? null);
  if (isFull) list.lastElementChild.remove();
}

function arrivalsOf(list) {
  return (list.closest(".list") || document).querySelector("[data-arrivals]");
}

function showWaiting(list) {
  const bar = arrivalsOf(list);
  const rows = waiting.get(list);
  if (!bar) return;
  bar.dataset.topic = list.dataset.liveTopic;
  bar.dataset.waiting = [...(rows?.keys() ?? [])].join(" ");
  bar.hidden = isPaused || !rows?.size;
  bar.querySelector("[data-arrivals-count]").textContent = String(rows?.size ?? 0);
}

function hold(list, id, row) {
  if (!waiting.has(list)) waiting.set(list, new Map());
  const rows = waiting.get(list);
  const key = keyOf(id);
  const old = rows.get(key);
  if (!old || !row || Number(old.dataset.v) < Number(row.dataset.v)) rows.set(key, row);
  showWaiting(list);
}

function show(list) {
  const rows = waiting.get(list);
  waiting.delete(list);
  showWaiting(list);
  if (!rows?.size) return;
  if (list.dataset.liveMode !== "top" || [...rows.values()].includes(null)) {
    reread();
    return;
  }
  for (const row of rows.values()) insert(list, row);
  changed();
}

function applyTop(list, message) {
  const last = list.lastElementChild;
  if (!last) {
    reread();
    return;
  }
  for (const { id, html } of message.rows) {
    const next = parse(html)[0];
    const row = list.querySelector(`#${CSS.escape(id)}`);
    if (row) patch(row, next);
    else if (waiting.get(list)?.has(keyOf(id))) hold(list, id, next);
    else if (!isNewer(keyOf(id), keyOf(last.id)) && document.querySelector("[data-page-older]")) continue;
    else if (isBusyWith(list)) hold(list, id, next);
    else insert(list, next);
  }
  for (const id of message.gone) [...list.children].find((row) => keyOf(row.id) === id)?.remove();
}

document.addEventListener("qd:live-rows", (event) => {
  for (const list of listsOf(event.detail.topic)) {
    if (list.dataset.liveMode === "top") applyTop(list, event.detail);
    else list.dispatchEvent(new CustomEvent("qd:live-ask", { detail: event.detail.ids, bubbles: true }));
  }
  changed();
});

// The answer of live_query.js: rows that belong to this list's filter, and the ids that were asked for.
document.addEventListener("qd:live-answer", (event) => {
  const { list, ids, html } = event.detail;
  const found = new Map(parse(html).map((row) => [keyOf(row.id), row]));
  const shown = new Map([...list.children].map((row) => [keyOf(row.id), row]));
  const query = new URLSearchParams(location.search);
  const isFirst = !query.has("after") && !query.has("before");
  const last = list.lastElementChild;
  let moved = false;
  for (const id of ids) {
    const row = shown.get(id);
    const next = found.get(id);
    if (row && next) {
      patch(row, next);
      moved ||= list.dataset.liveOrder === "moves";
    } else if (row) moved = true;
    else if (next && isFirst) moved ||= query.has("sort") || !last || !document.querySelector("[data-page-older]") || isNewer(id, keyOf(last.id));
  }
  if (moved && isBusyWith(list)) for (const id of ids) if (shown.has(id) !== found.has(id)) hold(list, id, null);
  if (moved && !isBusyWith(list)) reread();
  changed();
});

document.addEventListener("click", (event) => {
  const bar = event.target.closest?.("[data-arrivals]");
  if (!bar || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const list = (bar.closest(".list") || document).querySelector("[data-live-mode]");
  if (!list) return;
  event.preventDefault();
  show(list);
  list.querySelector("a")?.focus({ preventScroll: true });
});
// While the page is paused the badge has the one number of what waits, and the bar none. Resume shows all of it.
document.addEventListener("qd:live-state", ({ detail }) => {
  if ((detail.state === "paused") === isPaused) return;
  isPaused = !isPaused;
  for (const list of document.querySelectorAll("[data-live-mode]")) {
    if (isPaused || isBusyWith(list)) showWaiting(list);
    else show(list);
  }
});
document.addEventListener("qd:live-read", () => {
  for (const list of document.querySelectorAll("[data-live-mode]")) {
    waiting.delete(list);
    showWaiting(list);
  }
});
