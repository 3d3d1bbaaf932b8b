// Writes every time[data-when] in the reader's zone and against now. The rules are those of app/core/present.py; change both.
const zone = document.body.dataset.zone || "UTC";
const TICK_MS = 10_000;
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone, hourCycle: "h23", weekday: "short", year: "numeric", month: "short", day: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "shortOffset",
});
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function local(at) {
  const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  found.month = found.month.slice(0, 3); // en-GB writes September as "Sept"
  found.monthNumber = String(MONTHS.indexOf(found.month) + 1).padStart(2, "0");
  found.dayNumber = Date.UTC(+found.year, +found.monthNumber - 1, +found.day) / 86_400_000;
  found.time = `${found.hour}:${found.minute}`;
  return found;
}

function duration(seconds) {
  const total = Math.floor(seconds);
  const two = (big, bigWord, small, smallWord) => (small ? `${big} ${bigWord} ${small} ${smallWord}` : `${big} ${bigWord}`);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min`;
  if (total < 86_400) return two(Math.floor(total / 3600), "h", Math.floor((total % 3600) / 60), "min");
  return two(Math.floor(total / 86_400), "d", Math.floor((total % 86_400) / 3600), "h");
}

function dayWord(at, now) {
  const days = now.dayNumber - at.dayNumber;
  if (days === 0) return "today";
  if (days > 0 && days <= 6) return at.weekday;
  return days > 0 ? `${at.day} ${at.month}` : `${at.weekday} ${at.day} ${at.month}`;
}

function when(instant, now) {
  const [at, today] = [local(instant), local(now)];
  const seconds = (now - instant) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  if (Math.abs(seconds) < 3600 || (seconds > 0 && at.dayNumber === today.dayNumber)) {
    return seconds >= 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
  }
  return at.year === today.year ? `${dayWord(at, today)} ${at.time}` : `${at.day} ${at.month} ${at.year}`;
}

function clock(instant, now) {
  const [at, today] = [local(instant), local(now)];
  if (at.year !== today.year) return `${at.day} ${at.month} ${at.year}`;
  const word = dayWord(at, today);
  return `${word[0].toUpperCase()}${word.slice(1)} ${at.time}:${at.second}`;
}

function day(instant) {
  const at = local(instant);
  return `${at.year}-${at.monthNumber}-${at.day.padStart(2, "0")}`;
}

function exact(instant) {
  const at = local(instant);
  return `${day(instant)} ${at.time}:${at.second} ${zone === "UTC" ? "UTC" : at.timeZoneName.replace(/[+-]0$/, "")}`;
}

function write(element, now) {
  const instant = new Date(element.dateTime);
  if (Number.isNaN(instant.getTime())) return;
  const text = (element.dataset.when === "clock" ? clock : element.dataset.when === "day" ? day : when)(instant, now);
  if (element.textContent !== text) element.textContent = text;
  const title = exact(instant);
  if (element.title !== title) element.title = title;
}

function writeAll(root = document) {
  const now = new Date();
  if (root.matches?.("time[data-when]")) write(root, now);
  for (const element of root.querySelectorAll("time[data-when]")) write(element, now);
}

writeAll();
setInterval(() => document.hidden || writeAll(), TICK_MS);
document.addEventListener("visibilitychange", () => document.hidden || writeAll());
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node instanceof Element) writeAll(node);
}).observe(document.body, { childList: true, subtree: true });
