// Somebody was told something: a toast, the figure of the bell, and the list when that is what is shown.
async function refreshBell() {
  const bell = document.getElementById("bell");
  if (!bell) return;
  try {
    const answer = await fetch("/notifications/bell", { headers: { "HX-Request": "true", "HX-Request-Type": "partial", "X-Live": "1" } });
    if (!answer.ok) return;
    const to = new DOMParser().parseFromString(`<template>${await answer.text()}</template>`, "text/html").querySelector("template").content.querySelector("#bell");
    if (to) document.dispatchEvent(new CustomEvent("qd:morph", { detail: { from: bell, to } }));
  } catch {
    // The next page has the figure.
  }
}

document.addEventListener("qd:notified", (event) => {
  document.dispatchEvent(new CustomEvent("qd:toast", { detail: { text: event.detail.text } }));
  refreshBell();
  if (document.querySelector("[data-notifications]")) document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: { soon: true } }));
});
