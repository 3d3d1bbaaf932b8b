// Reads the page again and makes it look like the answer, without a reload: after a gap that is too large, after an
// import, for a filtered list that changed, and for the page of one object.
const GAP_MS = 1000;
const ROW_GAP_MS = 400; // what one object says is read within a second of its being said
const JITTER_MS = 2000;
let isReading = false;
let isWanted = false;
let timer = 0;
let dueAt = 0;
let readAt = -GAP_MS;

function parts(html) {
  const page = new DOMParser().parseFromString(`<template>${html}</template>`, "text/html").querySelector("template").content;
  return [...page.querySelectorAll("[id]")].filter((part) => !part.parentElement?.closest("[id]"));
}

async function read() {
  timer = 0;
  if (isReading) {
    isWanted = true;
    return;
  }
  isReading = true;
  readAt = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Request-Type": "partial", "X-Live": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    for (const to of parts(await answer.text())) {
      const from = document.getElementById(to.id);
      if (from) document.dispatchEvent(new CustomEvent("qd:morph", { detail: { from, to } }));
    }
    document.dispatchEvent(new CustomEvent("qd:live-read"));
    document.dispatchEvent(new CustomEvent("qd:rows"));
  } catch {
    isWanted = true;
  } finally {
    isReading = false;
    if (isWanted) want(GAP_MS);
    isWanted = false;
  }
}

function want(ms, gap = GAP_MS) {
  const at = performance.now() + Math.max(ms, readAt + gap - performance.now());
  if (timer && dueAt <= at) return;
  clearTimeout(timer);
  dueAt = at;
  timer = setTimeout(read, at - performance.now());
}

document.addEventListener("qd:live-reread", (event) => want(event.detail?.soon ? 0 : Math.random() * GAP_MS));
document.addEventListener("qd:live-reset", () => want(Math.random() * JITTER_MS));
document.addEventListener("qd:live-rows", (event) => {
  const { topic, ids } = event.detail;
  for (const part of document.querySelectorAll(`[data-live-topic~="${CSS.escape(topic)}"]:not([data-live-mode])`)) {
    const slow = Number(part.dataset.liveEvery) * 1000;
    if (part.dataset.liveRow === undefined) want(Math.max(0, readAt + (slow || GAP_MS) - performance.now()));
    else if (ids.includes(part.dataset.liveRow)) want(0, ROW_GAP_MS);
  }
});
