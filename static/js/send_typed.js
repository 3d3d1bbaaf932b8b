// textarea[data-sends]: Ctrl or ⌘ with Enter sends its form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches?.("[data-sends]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
