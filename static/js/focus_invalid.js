// A form that came back refused: focus goes to the first field that needs another look.
function focusFirst(root) {
  root.querySelector("[data-error-summary]")?.closest("form, section, main")?.querySelector('[aria-invalid="true"]')?.focus();
}
focusFirst(document);
document.addEventListener("htmx:after:settle", (event) => {
  if (event.target instanceof Element) focusFirst(event.target.closest("form, section, main") || event.target);
});
