// The page's one socket. It says where the page stands in each topic and hands on what follows, in order and without
// a gap; what it cannot bridge it asks for over HTTP, and what is too much makes the page read itself again.
const about = JSON.parse(document.body.dataset.live || "null");
const STALE_MS = 5000;
const HELD_MOST = 200;
const positions = about ? { ...about.topics } : {};
const asking = new Set();
const held = [];
let epoch = about?.epoch;
let isPaused = false;
let isBusy = false;
let isOut = false;
let tries = 0;
let lostAt = 0;
let staleTimer = 0;
let socket = null;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const jitter = (ms) => Math.random() * ms;

// What is not shown yet, each row once, whether it is held here or waits in an arrivals bar: the one number there is.
function countWaiting() {
  const rows = new Set(held.flatMap(({ topic, ids }) => (ids.length ? ids.map((id) => `${topic} ${id}`) : [topic])));
  for (const bar of document.querySelectorAll("[data-arrivals]")) {
    for (const id of (bar.dataset.waiting || "").split(" ").filter(Boolean)) rows.add(`${bar.dataset.topic} ${id}`);
  }
  return rows.size;
}

function showState() {
  if (isOut) tell("qd:live-state", { state: "out" });
  else if (isPaused) tell("qd:live-state", { state: "paused", waiting: countWaiting() });
  else if (socket?.connected) tell("qd:live-state", { state: isBusy ? "busy" : "live" });
  else if (!socket && !lostAt) return;
  else if (performance.now() - lostAt > STALE_MS) tell("qd:live-state", { state: "stale", since: Date.now() - (performance.now() - lostAt) });
  else tell("qd:live-state", { state: "trying", tries });
}

function lost() {
  if (!lostAt) lostAt = performance.now();
  clearTimeout(staleTimer);
  staleTimer = setTimeout(showState, STALE_MS + 50);
  showState();
}

function pass(message) {
  if (isPaused || document.hidden) {
    held.push(message);
    if (held.length > HELD_MOST) held.splice(0, held.length, { topic: message.topic, reset: true, ids: [], rows: [], gone: [] });
    showState();
    return;
  }
  tell(message.reset ? "qd:live-reset" : "qd:live-rows", message);
  tell("qd:beat");
}

function take(message) {
  const { topic } = message;
  if (!(topic in positions)) return;
  if (message.epoch !== epoch) {
    epoch = message.epoch;
    for (const name of Object.keys(positions)) positions[name] = name === topic ? message.to : positions[name];
    pass({ ...message, reset: true });
    return;
  }
  if (message.from > positions[topic] && !message.reset) {
    catchUp(topic);
    return;
  }
  if (message.to <= positions[topic] && !message.reset) return;
  positions[topic] = Math.max(positions[topic], message.to);
  if ("busy" in message && message.busy !== isBusy) {
    isBusy = message.busy;
    showState();
  }
  pass(message);
}

async function catchUp(topic) {
  if (asking.has(topic)) return;
  asking.add(topic);
  try {
    const answer = await fetch(`/live/rows?topic=${encodeURIComponent(topic)}&after=${positions[topic]}`, { headers: { "X-Live": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    take(await answer.json());
  } catch {
    setTimeout(() => catchUp(topic), 2000 + jitter(2000));
  } finally {
    asking.delete(topic);
  }
}

function refused(error) {
  if (socket.active) {
    tries += 1;
    lost();
    return;
  }
  if (error.message === "company-changed") location.reload();
  else if (error.message === "not-signed-in") {
    isOut = true;
    clearTimeout(staleTimer);
    showState();
    const href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    tell("qd:trouble", { title: "You are signed out", text: "What you see is no longer kept current. Sign in again to go on.", act: { label: "Sign in", href } });
  } else {
    lost();
    setTimeout(() => socket.connect(), (error.data?.retryAfter ?? 5) * 1000 + jitter(1000));
  }
}

function start() {
  socket = io({
    transports: ["websocket"],
    auth: (give) => give({ rows: true, company: about.company, epoch, topics: positions }),
    reconnectionDelay: 300,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.6,
  });
  socket.on("ready", ({ bell }) => {
    lostAt = tries = 0;
    isOut = false;
    clearTimeout(staleTimer);
    tell("qd:trouble", null);
    if (bell) tell("qd:bell", bell);
    showState();
  });
  socket.on("rows", take);
  socket.on("head", (told) => {
    if (told.epoch !== epoch || told.head > positions[told.topic]) catchUp(told.topic);
  });
  socket.on("reconnect", ({ withinMs }) => setTimeout(() => socket.disconnect().connect(), jitter(withinMs)));
  socket.on("notification.created", ({ data }) => tell("qd:toast", { text: data.text || data.title, note: data.note }));
  socket.on("notification.sent", ({ data }) => tell("qd:notified", data));
  socket.on("system.maintenance", ({ data }) => tell("qd:toast", { text: data.text, note: data.minutes ? `For about ${data.minutes} min` : "" }));
  socket.on("connect_error", refused);
  socket.on("disconnect", (reason) => {
    lost();
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), 200 + jitter(300));
  });
  socket.io.on("reconnect_attempt", (attempt) => {
    tries = attempt;
    showState();
  });
}

// The library comes when the page is there: it is the largest script, and nobody waits for it first.
function fetchLine() {
  const script = document.createElement("script");
  script.src = document.body.dataset.line;
  script.onload = start;
  script.onerror = () => {
    lost();
    setTimeout(fetchLine, STALE_MS + jitter(STALE_MS));
  };
  document.head.append(script);
}

function flush() {
  if (isPaused || document.hidden) return;
  for (const message of held.splice(0)) pass(message);
  showState();
}

if (about) {
  if (document.readyState === "complete") fetchLine();
  else addEventListener("load", fetchLine);
  document.addEventListener("qd:pause", (event) => {
    isPaused = event.detail.paused;
    if (isPaused) showState();
    else flush();
  });
  document.addEventListener("visibilitychange", flush);
  // A page that was read again stands where its new state says.
  document.addEventListener("qd:live-at", (event) => {
    for (const [topic, seq] of Object.entries(event.detail.topics)) positions[topic] = Math.max(seq, positions[topic] ?? seq);
  });
  addEventListener("pagehide", (event) => event.persisted && socket?.disconnect());
  addEventListener("pageshow", (event) => event.persisted && socket?.connect());
}
