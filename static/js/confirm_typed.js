// The third rung: the button stays off until the object's name is typed. The server checks the same.
function check(form) {
  const input = form.querySelector("[data-typed-input]");
  for (const button of form.querySelectorAll(".button--bad")) button.disabled = input.value.trim() !== form.dataset.typed;
}

document.addEventListener("input", (event) => {
  const form = event.target.matches?.("[data-typed-input]") && event.target.form;
  if (form) check(form);
});
function checkAll() {
  for (const form of document.querySelectorAll("form[data-typed]")) check(form);
}
document.addEventListener("htmx:after:settle", checkAll);
addEventListener("pageshow", checkAll);
