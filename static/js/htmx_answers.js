// What htmx answers mean here. Settings are in the page's htmx-config meta tag: 5xx is never swapped in.
function problemIn(text) {
  const page = text.includes("data-problem=") ? new DOMParser().parseFromString(text, "text/html") : null;
  return page?.querySelector("[data-problem]") ?? null;
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status === 401 && ctx.hx.redirect && !ctx.hx.redirect.includes("next=")) {
    ctx.hx.redirect += `?next=${encodeURIComponent(location.pathname + location.search)}`;
  }
});

// A Problem was the answer where a row or a form was expected: say it, and leave the page as it is.
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  const { status, headers } = ctx.response;
  if (status >= 500 || ctx.hx.retarget || ctx.hx.redirect) return;
  const problem = problemIn(ctx.text);
  if (!problem) return;
  ctx.hx.reswap = "none";
  const [title, ...rest] = [...problem.querySelectorAll("p:not(.faint)")].map((line) => line.textContent.trim());
  const wait = headers.get("Retry-After");
  const note = rest.join(" ") + (wait && !rest.join(" ").includes(wait) ? ` Try again in ${wait} s.` : "");
  document.dispatchEvent(new CustomEvent("qd:toast", { detail: { text: title, note, tone: "bad" } }));
});

document.addEventListener("htmx:after:swap", () => document.dispatchEvent(new CustomEvent("qd:rows")));
