// Theme and density act at once and are kept by the server; when it cannot be reached, by this device until it can.
const KEEP = "qd:preference:";
const form = document.querySelector("[data-preferences]");

function apply(name, value) {
  if (value) document.documentElement.setAttribute(`data-${name}`, value);
  else document.documentElement.removeAttribute(`data-${name}`);
  for (const button of document.querySelectorAll(`[data-set="${name}"]`)) {
    if (button.value === value) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

async function send(name, value) {
  const body = new FormData(form);
  body.set(name, value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    localStorage.removeItem(KEEP + name);
  } catch {
    localStorage.setItem(KEEP + name, value);
  }
  document.dispatchEvent(new CustomEvent("qd:new-form", { detail: { form } }));
}

for (const name of ["theme", "density"]) {
  const kept = localStorage.getItem(KEEP + name);
  if (kept === null) continue;
  apply(name, kept);
  if (form) send(name, kept);
}

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.set) return;
  event.preventDefault();
  apply(button.dataset.set, button.value);
  send(button.dataset.set, button.value);
  button.closest("[popover]")?.hidePopover();
});
