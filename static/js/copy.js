// Copies what data-copy holds. navigator.clipboard is missing on plain http, so an old way stands behind it.
const icons = document.getElementById("tpl-icons");

async function copyText(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || location.href;
  await copyText(text);
  document.dispatchEvent(new CustomEvent("qd:announce", { detail: { text: `Copied ${text}.` } }));
  const before = button.querySelector("svg");
  const check = icons?.content.querySelector('[data-icon="check"] svg')?.cloneNode(true);
  if (!before || !check) return;
  before.replaceWith(check);
  setTimeout(() => check.replaceWith(before), 1500);
});
