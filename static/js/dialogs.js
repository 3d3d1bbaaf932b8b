// Opens dialogs: [data-opens] links that lead to a page without script, and command buttons in browsers that lack them.
const knowsCommands = "command" in HTMLButtonElement.prototype;

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog?.showModal || dialog.open) return false;
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("qd:opened"));
  return true;
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const opener = event.target.closest?.("[data-opens]");
  if (opener && open(opener.dataset.opens)) event.preventDefault();
  const button = !knowsCommands && event.target.closest?.("button[commandfor]");
  if (button) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "close") dialog?.close();
    else open(dialog?.id);
  }
  if (event.target.matches?.("dialog.palette")) event.target.close();
});
