// What was typed into form[data-draft] survives a lost session: it is kept on this device until the form is accepted.
const PREFIX = "qd:draft:";
const SENT = "qd:draft-sent";

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.matches("input:not([type=hidden], [type=password], [type=file]), textarea, select"));
}
const valueOf = (field) => (field.matches("[type=checkbox], [type=radio]") ? field.checked : field.value);
const keyOf = (form) => PREFIX + form.dataset.draft;

function save(form) {
  sessionStorage.setItem(keyOf(form), JSON.stringify(fieldsOf(form).map((field) => [field.name, valueOf(field)])));
}

function restore(form) {
  const kept = JSON.parse(sessionStorage.getItem(keyOf(form)) || "null");
  const fields = fieldsOf(form);
  if (!kept || kept.length !== fields.length || form.querySelector("[data-error-summary]")) return;
  let changed = false;
  fields.forEach((field, index) => {
    const [name, value] = kept[index];
    if (field.name !== name || valueOf(field) === value) return;
    changed = true;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
  });
  if (changed) document.dispatchEvent(new CustomEvent("qd:toast", { detail: { text: "What you were writing here was kept.", note: "It is on this device only, and not saved yet" } }));
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.draft) save(form);
});
document.addEventListener("submit", (event) => {
  if (event.target.dataset?.draft) sessionStorage.setItem(SENT, keyOf(event.target));
});
document.addEventListener("htmx:after:request", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form && event.detail.ctx.response.status < 400) sessionStorage.removeItem(keyOf(form));
});

// A form sent by navigation was accepted when the next page is neither the sign-in page nor the same form again.
const sent = sessionStorage.getItem(SENT);
if (sent && !document.querySelector("input[type=password]")) {
  if (![...document.querySelectorAll("form[data-draft]")].some((form) => keyOf(form) === sent)) sessionStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}
addEventListener("load", () => document.querySelectorAll("form[data-draft]").forEach(restore));
