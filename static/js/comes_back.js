// A page that is shown in place of another while work is done: asks now and then, and goes on when the other is there.
const waiting = document.querySelector("[data-comes-back]");
if (waiting) {
  const again = waiting.querySelector("a").href;
  const everyMs = Number(waiting.dataset.comesBack) * 1000;
  const ask = async () => {
    try {
      const answer = await fetch(again, { method: "HEAD", headers: { "X-Live": "1" } });
      if (answer.status !== 503) location.assign(again);
    } catch {
      // no line: the next try may have one
    }
  };
  setInterval(ask, everyMs + Math.random() * everyMs * 0.2);
}
