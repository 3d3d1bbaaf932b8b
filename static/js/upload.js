// form[data-upload]: shows how much of the file is sent. Without script the browser sends the same form by itself.
function showMain(text) {
  const next = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const main = document.getElementById("main");
  if (!next || !main) return;
  main.replaceChildren(...next.childNodes);
  document.dispatchEvent(new CustomEvent("qd:rows"));
}

function send(form, submitter) {
  const box = form.querySelector("[data-upload-progress]");
  const bar = box?.querySelector("progress");
  const words = box?.querySelector("[data-upload-words]");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  if (box) box.hidden = false;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    if (!bar || !total) return;
    bar.max = total;
    bar.value = loaded;
    words.textContent = loaded < total ? `${Math.floor((100 * loaded) / total)}% sent` : "Sent, being read";
  });
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign(request.responseURL || location.href);
    else if (request.status < 500) showMain(request.responseText);
    else failed(form, box, `The server answered ${request.status}.`, request.getResponseHeader("X-Request-Id"));
  });
  request.addEventListener("error", () => failed(form, box, "The line broke while the file was sent.", null));
  request.send(new FormData(form, submitter));
}

function failed(form, box, title, requestId) {
  if (box) box.hidden = true;
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = false;
  document.dispatchEvent(new CustomEvent("qd:trouble", { detail: { title, text: "The file was not kept. Send it again.", requestId } }));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-upload]") || event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = true;
});
