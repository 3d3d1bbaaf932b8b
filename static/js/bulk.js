// Ticked rows: the head's tick, ranges with Shift, the count, "all that match", clearing.
let last = null;

const listOf = (element) => element.closest(".list");
const ticksOf = (list) => [...list.querySelectorAll("[data-tick]")];

function count(list) {
  const bar = list.querySelector("[data-bulk]");
  const ticks = ticksOf(list);
  const ticked = ticks.filter((tick) => tick.checked);
  const head = list.querySelector("[data-tick-all]");
  if (head) {
    head.checked = ticked.length > 0 && ticked.length === ticks.length;
    head.indeterminate = ticked.length > 0 && ticked.length < ticks.length;
  }
  if (!bar) return;
  const all = bar.querySelector("[data-bulk-all]");
  if (all && ticked.length === 0) all.checked = false;
  bar.querySelector("[data-bulk-count]").textContent = all?.checked ? "All that match" : String(ticked.length);
  bar.querySelector("[data-bulk-matching]").value = all?.checked ? "1" : "";
}

function tickRange(list, from, to, checked) {
  const ticks = ticksOf(list);
  const [start, end] = [ticks.indexOf(from), ticks.indexOf(to)].sort((a, b) => a - b);
  if (start >= 0) for (const tick of ticks.slice(start, end + 1)) tick.checked = checked;
}

document.addEventListener("click", (event) => {
  const tick = event.target.closest?.("[data-tick]");
  if (tick) {
    if (event.shiftKey && last?.isConnected && last !== tick) tickRange(listOf(tick), last, tick, tick.checked);
    last = tick;
    count(listOf(tick));
    return;
  }
  const clear = event.target.closest?.("[data-bulk-clear]");
  if (!clear) return;
  const list = listOf(clear);
  for (const one of ticksOf(list)) one.checked = false;
  count(list);
  list.querySelector("[data-tick-all]")?.focus();
});

document.addEventListener("change", (event) => {
  const list = event.target.closest?.(".list");
  if (!list) return;
  if (event.target.matches("[data-tick-all]")) for (const tick of ticksOf(list)) tick.checked = event.target.checked;
  if (event.target.matches("[data-tick-all], [data-tick], [data-bulk-all]")) count(list);
});

function countAll() {
  for (const list of document.querySelectorAll(".list")) if (list.querySelector("[data-tick]")) count(list);
}
document.addEventListener("qd:rows", countAll);
document.addEventListener("htmx:after:settle", countAll);
addEventListener("pageshow", countAll);
