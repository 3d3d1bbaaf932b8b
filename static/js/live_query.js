// A filtered, sorted or older page cannot know whether a changed row belongs to it, so it asks: the same address with
// the changed ids, at most four times a second.
const EVERY_MS = 250;
const MOST_IDS = 30;
const wanted = new Map();
let timer = 0;

async function ask(list, ids) {
  const url = new URL(location.href);
  url.searchParams.set("ids", ids.join(","));
  const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial", "X-Live": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const html = await answer.text();
  document.dispatchEvent(new CustomEvent("qd:live-answer", { detail: { list, ids, html } }));
}

async function askAll() {
  const round = [...wanted];
  wanted.clear();
  for (const [list, ids] of round) {
    if (!list.isConnected) continue;
    try {
      if (ids.size > MOST_IDS) document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: {} }));
      else await ask(list, [...ids]);
    } catch {
      document.dispatchEvent(new CustomEvent("qd:live-reread", { detail: {} }));
    }
  }
  timer = wanted.size ? setTimeout(askAll, EVERY_MS) : 0;
}

document.addEventListener("qd:live-ask", (event) => {
  const ids = wanted.get(event.target) ?? new Set();
  for (const id of event.detail) ids.add(id);
  wanted.set(event.target, ids);
  timer ||= setTimeout(askAll, EVERY_MS);
});
