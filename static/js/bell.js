// Somebody was told something: a toast, the figure of the bell, and the list when that is what is shown. A socket that
// opens says what the bell says by then, for news that came between the page and its socket.
let newest = "";

function show(unread) {
  const bell = document.getElementById("bell");
  if (!bell) return;
  bell.hidden = !unread;
  bell.firstChild.textContent = unread > 99 ? "99+" : unread;
}

function readList() {
  if (document.querySelector("[data-notifications]")) document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: { soon: true } }));
}

document.addEventListener("qd:bell", ({ detail }) => {
  const shown = document.getElementById("bell")?.firstChild.textContent;
  newest = detail.newest || "";
  show(detail.unread);
  if (shown !== document.getElementById("bell")?.firstChild.textContent) readList();
});

document.addEventListener("qd:notified", ({ detail }) => {
  document.dispatchEvent(new CustomEvent("qd:toast", { detail: { text: detail.text } }));
  if (detail.id > newest) show(Number.parseInt(document.getElementById("bell")?.firstChild.textContent) + 1);
  readList();
});
