// The head of a list page, its sentence and its tabs: read again when anything of the list's topic changes, at most every
// few seconds, apart from the rows. What somebody points at or selects in it stays until they have done.
const AGAIN_MS = 500;
const SPREAD_MS = 300; // a company has many pages open
let isReading = false;
let isWanted = false;
let timer = 0;
let readAt = -Infinity;

const views = () => document.querySelector("[data-live-head]");
const everyMs = () => (Number(views()?.dataset.liveEvery) || 3) * 1000;

function isBusyWith(part) {
  const selection = getSelection();
  return part.matches(":hover") || (!selection.isCollapsed && part.contains(selection.anchorNode));
}

function replace(from, to) {
  const list = document.querySelector("[data-live-mode]");
  const before = list?.getBoundingClientRect().top;
  document.dispatchEvent(new CustomEvent("qd:morph", { detail: { from, to } }));
  // At the very top of a page the browser does not anchor what is read: a sentence that grew a line would push the rows.
  if (list?.matches(":hover") && scrollY === 0) scrollBy(0, list.getBoundingClientRect().top - before);
}

async function read() {
  timer = 0;
  const place = views();
  if (!place || isReading) return;
  isReading = true;
  isWanted = false;
  readAt = performance.now();
  try {
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": `nav#${place.id}`, "X-Live": "1" };
    const answer = await fetch(location.href, { headers });
    if (!answer.ok) throw new Error(String(answer.status));
    const parts = new DOMParser().parseFromString(`<template>${await answer.text()}</template>`, "text/html").querySelector("template").content;
    for (const to of [...parts.children]) {
      const from = document.getElementById(to.id);
      if (!from) continue;
      if (isBusyWith(from)) isWanted = true;
      else replace(from, to);
    }
  } catch {
    isWanted = true;
  } finally {
    isReading = false;
    if (isWanted) want(AGAIN_MS);
  }
}

function want(ms = 0) {
  isWanted = true;
  if (isReading || timer || !views()) return;
  timer = setTimeout(read, Math.max(ms, readAt + everyMs() - performance.now(), 0));
}

document.addEventListener("qd:live-rows", (event) => {
  if (views()?.dataset.liveHead.split(" ").includes(event.detail.topic)) want(Math.random() * SPREAD_MS);
});
document.addEventListener("qd:live-reset", () => want(Math.random() * 2000));
