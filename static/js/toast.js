// Toasts say what happened and offer Undo for at least 10 s. Time stands still while one is under the pointer or has focus.
const SHOWN_MS = 10_000;
const box = document.getElementById("toasts");

function keep(toast, ms) {
  let left = ms;
  let timer = 0;
  let startedAt = 0;
  const start = () => {
    startedAt = performance.now();
    timer ||= setTimeout(() => toast.remove(), left);
  };
  const stop = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    left = Math.max(2000, left - (performance.now() - startedAt));
  };
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusout", start);
  const close = toast.querySelector("[data-toast-close]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
  start();
}

function addUndo(toast, address) {
  const form = document.getElementById("tpl-undo")?.content.firstElementChild.cloneNode(true);
  if (!form) return;
  form.action = address;
  document.dispatchEvent(new CustomEvent("qd:new-form", { detail: { form } }));
  toast.querySelector("[data-toast-close]").before(form);
}

function show({ text, undo = null, note = null, tone = "good" }) {
  if (!box || !text) return;
  const template = document.getElementById(tone === "bad" || tone === "warn" ? "tpl-toast-bad" : "tpl-toast");
  const toast = template.content.querySelector("[data-toast]").cloneNode(true);
  const line = toast.querySelector("p");
  line.textContent = text;
  if (note || undo) line.append(Object.assign(document.createElement("small"), { textContent: note || "Undo here, or later in its history" }));
  // An undo address comes from our own answers; an address of another site is never made into a form.
  if (undo && undo.startsWith("/") && !undo.startsWith("//")) addUndo(toast, undo);
  box.append(toast);
  keep(toast, tone === "bad" ? SHOWN_MS * 2 : SHOWN_MS);
  if (tone === "bad") document.getElementById("alert").textContent = `${text} ${note || ""}`;
  else document.dispatchEvent(new CustomEvent("qd:announce", { detail: { text } }));
}

document.addEventListener("qd:toast", (event) => show(event.detail || {}));
document.addEventListener("toast", (event) => show(event.detail?.value ? { text: event.detail.value } : event.detail || {}));
for (const toast of box?.querySelectorAll("[data-toast]") ?? []) {
  keep(toast, SHOWN_MS);
  document.dispatchEvent(new CustomEvent("qd:announce", { detail: { text: toast.querySelector("p").firstChild.data } }));
}
