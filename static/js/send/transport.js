// Sends one file: reserved first, so that what is not taken is said before a byte leaves; then as a whole or in parts.
// `qd:send` {file, category, visibility, signal, tell}: tell({state, sent, text, id}) says how far it is.
const WHOLE_BYTES = 64 * 1024 * 1024; // crypto.subtle has no stream: so much is hashed at once
const AT_ONCE = 3;
const MOST_TRIES = 8;
const FIRST_PAUSE_MS = 1000;
const MOST_PAUSE_MS = 30_000;
const SIGNED_AT_ONCE = 20;

class Refused extends Error {
  constructor(status, problem, wait) {
    super([problem?.title, problem?.detail].filter((text, at, all) => text && all.indexOf(text) === at).join(" ") || `The server answered ${status}.`);
    this.status = status;
    this.code = problem?.code;
    this.waitMs = wait * 1000;
  }
  get mayPass() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const pause = (ms, signal) =>
  new Promise((done, stop) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), stop(new DOMException("", "AbortError"))), { once: true });
  });

// A broken line is waited for; the tries are for a server that is there and says no.
const online = () => (navigator.onLine ? Promise.resolve() : new Promise((done) => addEventListener("online", done, { once: true })));

async function again(act, { signal, tell }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (signal.aborted || !(error instanceof Refused) || !error.mayPass || tries >= MOST_TRIES) throw error;
      tell({ text: navigator.onLine ? "Waiting to try again" : "No connection; goes on by itself" });
      const wait = error.waitMs || Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
      await online();
      await pause(wait, signal);
    }
  }
}

async function ask(method, path, body, signal) {
  let answer;
  try {
    const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, { title: "The line broke." }, 0);
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, said, Number(answer.headers.get("Retry-After") || 0));
  return said;
}

// fetch cannot say how much of a body has left; XMLHttpRequest can. Our own addresses are asked where this page is.
function put(upload, body, { signal, moved }) {
  return new Promise((done, stop) => {
    const request = new XMLHttpRequest();
    const url = new URL(upload.url);
    const isOurs = url.pathname.startsWith("/files/signed/");
    request.open("PUT", isOurs ? url.pathname : url.href);
    if (isOurs) request.setRequestHeader("Accept", "application/json");
    for (const [name, value] of Object.entries(upload.headers)) if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => moved(loaded));
    request.addEventListener("load", () => {
      if (request.status < 300) return done();
      let problem = null;
      try {
        problem = JSON.parse(request.responseText);
      } catch {
        // a bucket answers in XML
      }
      stop(new Refused(request.status, problem, Number(request.getResponseHeader("Retry-After") || 0)));
    });
    request.addEventListener("error", () => stop(new Refused(0, { title: "The line broke." }, 0)));
    request.addEventListener("abort", () => stop(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

async function digest(file) {
  if (!crypto.subtle || file.size > WHOLE_BYTES) return "";
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}

// What was begun is found again after the page was closed: by the file's own marks, on this browser.
const markOf = ({ file, category, visibility }) => `qd-send:${category}:${visibility}:${file.size}:${file.lastModified}:${file.name}`;

async function resumed(job) {
  const id = localStorage.getItem(markOf(job));
  if (!id) return null;
  try {
    const there = await ask("GET", `/api/files/${id}/parts`, null, job.signal);
    return { file: { id }, upload: { partBytes: there.partBytes, parts: there.parts }, there: there.items };
  } catch (error) {
    if (error.mayPass) throw error;
    localStorage.removeItem(markOf(job));
    return null;
  }
}

async function reserve(job) {
  const { file, category, visibility, signal } = job;
  const sha256 = await digest(file);
  const said = { name: file.name, category, visibility, sizeBytes: file.size, contentType: file.type, sha256 };
  const begun = await ask("POST", "/api/files", said, signal);
  if (begun.upload.partBytes) localStorage.setItem(markOf(job), begun.file.id);
  return { ...begun, there: [] };
}

async function sendParts(job, begun) {
  const { partBytes, parts } = begun.upload;
  const path = `/api/files/${begun.file.id}/parts`;
  const sent = new Map(begun.there.map((part) => [part.number, part.sizeBytes]));
  const left = Array.from({ length: parts }, (_, at) => at + 1).filter((number) => !sent.has(number));
  const signed = new Map();
  const show = () => job.tell({ sent: [...sent.values()].reduce((sum, size) => sum + size, 0), text: "" });
  show();

  async function addressOf(number) {
    if (!signed.has(number)) {
      const numbers = [number, ...left.slice(0, SIGNED_AT_ONCE - 1)];
      const { items } = await ask("POST", path, { numbers }, job.signal);
      for (const item of items) signed.set(item.number, item);
    }
    return signed.get(number);
  }
  async function sendOne(number) {
    const begin = (number - 1) * partBytes;
    try {
      const moved = (loaded) => (sent.set(number, loaded), show());
      await put(await addressOf(number), job.file.slice(begin, begin + partBytes), { signal: job.signal, moved });
    } catch (error) {
      sent.delete(number);
      const isOld = error.status === 403 && signed.delete(number); // its address is over: the next try gets another
      throw isOld ? new Refused(0, { title: error.message }, 0) : error;
    }
    sent.set(number, Math.min(partBytes, job.file.size - begin));
    show();
  }
  async function work() {
    while (left.length) {
      const number = left.shift();
      await again(() => sendOne(number), job);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function send(job) {
  const { tell } = job;
  let begun = null;
  job.signal.addEventListener("abort", () => {
    localStorage.removeItem(markOf(job));
    if (begun) ask("DELETE", `/api/files/${begun.file.id}/parts`).catch(() => null); // the server forgets it by itself, too
  });
  try {
    tell({ state: "sending", sent: 0, text: "" });
    begun = (await again(() => resumed(job), job)) || (await again(() => reserve(job), job));
    const moved = (loaded) => tell({ sent: loaded, text: "" });
    if (begun.upload.partBytes) await sendParts(job, begun);
    else await again(() => put(begun.upload, job.file, { signal: job.signal, moved }), job);
    tell({ state: "checking", sent: job.file.size, text: "" });
    const file = await again(() => ask("POST", `/api/files/${begun.file.id}/completion`, null, job.signal), job);
    localStorage.removeItem(markOf(job));
    tell({ state: file.state === "ready" ? "done" : "later", id: file.id });
  } catch (error) {
    if (job.signal.aborted) return tell({ state: "cancelled", text: "" });
    if (error instanceof Refused && !error.mayPass) localStorage.removeItem(markOf(job));
    tell({ state: "failed", text: error.message });
  }
}

document.addEventListener("qd:send", (event) => send(event.detail));
