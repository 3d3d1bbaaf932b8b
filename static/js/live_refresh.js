// Figures that no fact tells of, such as counts: [data-live-refresh=<seconds>] has its page read again that often, while
// somebody can see it and has not paused it.
let isPaused = false;
let readAt = performance.now();

setInterval(() => {
  const part = document.querySelector("[data-live-refresh]");
  if (!part || isPaused || document.hidden || document.querySelector("dialog[open]")) return;
  if (performance.now() - readAt < Number(part.dataset.liveRefresh) * 1000) return;
  readAt = performance.now();
  document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: { soon: true } }));
}, 1000);
document.addEventListener("qd:live-read", () => (readAt = performance.now()));
document.addEventListener("qd:live-state", (event) => (isPaused = event.detail.state === "paused"));
