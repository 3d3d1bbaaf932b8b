// The live badge says how the page is connected; Pause asks live scripts to hold what comes.
const badge = document.querySelector("[data-live-badge]");
const pauseButton = document.querySelector("[data-live-pause]");
const icons = document.getElementById("tpl-icons");
const LOOKS = {
  live: { icon: "radio", kind: "", word: "Live" },
  busy: { icon: "radio", kind: "", word: "Live" },
  paused: { icon: "pause", kind: "live--paused", word: "Paused" },
  trying: { icon: "rotate-ccw", kind: "live--trying", word: "Reconnecting" },
  stale: { icon: "wifi-off", kind: "live--stale", word: "Stale" },
  out: { icon: "wifi-off", kind: "live--stale", word: "Signed out" },
};
let shown = "";
let isPaused = false;

function iconNamed(name) {
  return icons.content.querySelector(`[data-icon="${name}"] svg`).cloneNode(true);
}

function noteFor({ state, waiting = 0, tries = 0, since = null }) {
  if (state === "paused") return `· ${waiting} waiting`;
  if (state === "trying") return tries ? `· try ${tries}` : "";
  if (state === "busy") return "· busy, summed up";
  if (state !== "stale" || !since) return "";
  const zone = document.body.dataset.zone || "UTC";
  return `since ${new Date(since).toLocaleTimeString("en-GB", { timeZone: zone, hourCycle: "h23" })}`;
}

function show(detail) {
  const look = LOOKS[detail.state];
  if (!badge || !look) return;
  const note = noteFor(detail);
  badge.querySelector("[data-live-note]").textContent = note;
  if (shown !== detail.state) {
    badge.className = `live ${look.kind}`.trim();
    badge.querySelector("[data-live-word]").textContent = look.word;
    badge.querySelector("svg").replaceWith(iconNamed(look.icon));
    if (shown && look.word !== LOOKS[shown].word) {
      document.dispatchEvent(new CustomEvent("qd:announce", { detail: { text: `Updates: ${look.word} ${note.replace("· ", "")}.` } }));
    }
    shown = detail.state;
  }
  if (pauseButton) pauseButton.hidden = detail.state === "out";
  if ((detail.state === "paused") !== isPaused && ["live", "busy", "paused"].includes(detail.state)) showPaused(detail.state === "paused");
}

function showPaused(paused) {
  isPaused = paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  pauseButton.querySelector("span").textContent = paused ? "Resume" : "Pause";
  pauseButton.querySelector("svg").replaceWith(iconNamed(paused ? "play" : "pause"));
}

function toggle() {
  showPaused(!isPaused);
  document.dispatchEvent(new CustomEvent("qd:pause", { detail: { paused: isPaused } }));
}

document.addEventListener("qd:live-state", (event) => show(event.detail || {}));
document.addEventListener("qd:beat", () => {
  badge?.classList.add("live--beat");
  setTimeout(() => badge?.classList.remove("live--beat"), 600);
});
pauseButton?.addEventListener("click", toggle);
