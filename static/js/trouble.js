// The banner at the head of the page: a broken answer with its request id, or a lost line. It goes at the next good answer.
const place = document.getElementById("trouble");
const zone = document.body.dataset.zone || "UTC";
let retry = null;

const clockNow = () => new Date().toLocaleTimeString("en-GB", { timeZone: zone, hourCycle: "h23" });

function linkTo({ label, href }) {
  const link = document.createElement("a");
  link.className = "button button--small";
  link.href = href;
  link.textContent = label;
  return link;
}

function show(detail) {
  if (!place) return;
  if (!detail) {
    place.replaceChildren();
    return;
  }
  const banner = document.getElementById("tpl-trouble").content.firstElementChild.cloneNode(true);
  const text = [detail.text, detail.requestId && `Request ${detail.requestId}.`].filter(Boolean).join(" ");
  banner.querySelector("[data-trouble-title]").textContent = detail.title;
  banner.querySelector("[data-trouble-text]").textContent = text;
  const button = banner.querySelector("[data-trouble-retry]");
  if (detail.act) button.replaceWith(linkTo(detail.act));
  else button.addEventListener("click", () => (retry ? retry() : location.reload()));
  place.replaceChildren(banner);
  document.getElementById("alert").textContent = `${detail.title} ${text}`;
}

function again(source) {
  return () => {
    if (source.matches("form")) source.requestSubmit();
    else source.click();
  };
}

const say = (detail) => document.dispatchEvent(new CustomEvent("qd:trouble", { detail }));
document.addEventListener("qd:trouble", (event) => show(event.detail));

document.addEventListener("htmx:response:error", (event) => {
  const { response, sourceElement } = event.detail.ctx;
  if (response.status < 500) return;
  retry = sourceElement?.isConnected ? again(sourceElement) : null;
  const away = response.status === 503;
  say({
    title: away ? "A part behind this page does not answer." : "That did not work.",
    text: away ? "Nothing was changed. What you have typed stays here." : "Nothing was half done. What you have typed stays here.",
    requestId: response.headers.get("X-Request-Id"),
  });
});

document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (!ctx || ctx.response) return;
  retry = ctx.sourceElement?.isConnected ? again(ctx.sourceElement) : null;
  say({ title: `No answer since ${clockNow()}.`, text: "The line or the server is away. What you have typed stays here." });
});

document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status < 500) say(null);
});
addEventListener("offline", () => say({ title: `No connection since ${clockNow()}.`, text: "What you see may be old. What you have typed stays here." }));
addEventListener("online", () => say(null));
