// Speaks in the page's one role=status, at most every 10 s; what came meanwhile is said together.
const QUIET_MS = 10_000;
const region = document.getElementById("status");
const waiting = [];
let spokenAt = -QUIET_MS;
let timer = 0;

function speak() {
  timer = 0;
  spokenAt = performance.now();
  region.textContent = waiting.splice(0).join(" ");
}

document.addEventListener("qd:announce", (event) => {
  const text = event.detail?.text;
  if (!region || !text || waiting.includes(text)) return;
  waiting.push(text);
  timer ||= setTimeout(speak, Math.max(0, spokenAt + QUIET_MS - performance.now()));
});
