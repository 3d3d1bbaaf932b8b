// Somebody was told something: a toast, the figure of the bell, and the list when that is what is shown.
document.addEventListener("qd:notified", ({ detail }) => {
  document.dispatchEvent(new CustomEvent("qd:toast", { detail: { text: detail.text } }));
  const bell = document.getElementById("bell");
  if (bell) {
    bell.hidden = false;
    const unread = Number.parseInt(bell.textContent) + 1;
    bell.firstChild.textContent = unread > 99 ? "99+" : unread;
  }
  if (document.querySelector("[data-notifications]")) document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: { soon: true } }));
});
