// Single keys: / ? j k x o p and g with a letter. Ignored while typing; switched off by data-keys on the body.
const isOn = document.body.dataset.keys === "on";
let wentAt = -Infinity; // the clock of performance.now() begins at 0 with the page

const isTyping = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("main .table tbody tr")].filter((row) => row.querySelector("a"));
const linkOf = (row) => row.querySelector('th[scope="row"] a') || row.querySelector("a");

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement.closest?.("tr"));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  linkOf(next).focus();
}

const acts = {
  "/": () => document.querySelector("[data-find]")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest?.("tr")?.querySelector("[data-tick]")?.click(),
  o: () => {
    const row = document.activeElement.closest?.("tr");
    if (row) linkOf(row)?.click();
  },
  p: () => document.querySelector("[data-live-pause]:not([hidden])")?.click(),
  g: () => {
    wentAt = performance.now();
  },
};

// Escape leaves the field that / went to, so that the next key is a key again.
document.addEventListener("keydown", (event) => {
  if (isOn && event.key === "Escape" && event.target.matches?.("[data-find]")) event.target.blur();
});

document.addEventListener("keydown", (event) => {
  if (!isOn || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : "";
  const isGoing = performance.now() - wentAt < 1500;
  const page = isGoing && key && document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  const act = page ? () => page.click() : acts[key];
  if (!act) return;
  wentAt = -Infinity;
  event.preventDefault();
  act();
});
