// form[data-send]: files are chosen or dropped, listed, and sent a few at a time. Without script the form sends them itself.
const form = document.querySelector("form[data-send]");
const list = document.getElementById("sends");
const AT_ONCE = 2;
const WORDS = { waiting: "Waiting", sending: "Sending", checking: "Being checked", done: "Sent", later: "Sent, still being checked", failed: "Not sent", cancelled: "Cancelled" };
const OVER = ["done", "later", "failed", "cancelled"];
const jobs = [];

const sizeOf = (bytes) => {
  const unit = bytes < 1e3 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1e3 ** unit).toLocaleString("en-GB", { maximumFractionDigits: unit ? 1 : 0 })} ${["bytes", "kB", "MB", "GB", "TB"][unit]}`;
};

function draw(job) {
  const find = (name) => job.row.querySelector(`[data-send-${name}]`);
  for (const mark of job.row.querySelectorAll("[data-send-state]")) mark.hidden = mark.dataset.sendState !== job.state;
  const isOver = OVER.includes(job.state);
  const bar = find("bar");
  bar.value = job.file.size ? job.sent / job.file.size : Number(isOver);
  find("progress").hidden = isOver || job.state === "waiting";
  find("moved").textContent = job.text || `${Math.floor(bar.value * 100)}%`;
  find("why").hidden = job.state !== "failed";
  find("why").textContent = job.state === "failed" ? job.text : "";
  find("cancel").hidden = isOver && job.state !== "failed";
  find("retry").hidden = !["failed", "cancelled"].includes(job.state);
  find("show").hidden = !job.id;
  if (job.id) find("show").href = `/storage/files/${job.id}`;
}

function say() {
  const count = (...states) => jobs.filter((job) => states.includes(job.state)).length;
  const waiting = count("waiting");
  const button = form.querySelector("[type=submit]");
  button.disabled = !waiting;
  button.querySelector("[data-send-label]").textContent = waiting ? `Send ${waiting} ${waiting === 1 ? "file" : "files"}` : "Send";
  const text = `${count("done", "later")} of ${jobs.length} sent${count("failed") ? `, ${count("failed")} not taken` : ""}`;
  const box = document.getElementById("sends-sum");
  box.textContent = jobs.length ? text : "";
  if (jobs.length && !count("waiting", "sending", "checking")) document.dispatchEvent(new CustomEvent("qd:announce", { detail: { text } }));
}

function begin() {
  const busy = jobs.filter((job) => ["sending", "checking"].includes(job.state)).length;
  for (const job of jobs.filter((one) => one.isAsked && one.state === "waiting").slice(0, Math.max(0, AT_ONCE - busy))) {
    job.stop = new AbortController();
    job.state = "sending";
    const tell = (news) => {
      Object.assign(job, news);
      draw(job);
      say();
      if (OVER.includes(job.state)) begin();
    };
    document.dispatchEvent(new CustomEvent("qd:send", { detail: { ...job.fields, file: job.file, signal: job.stop.signal, tell } }));
  }
}

function ask(job) {
  const data = new FormData(form);
  Object.assign(job, { state: "waiting", sent: 0, text: "", id: "", isAsked: true });
  job.fields = { category: data.get("uploadType"), visibility: data.get("visibility") };
  draw(job);
}

function add(files) {
  for (const file of files) {
    const row = document.getElementById("tpl-send").content.firstElementChild.cloneNode(true);
    const job = { file, row, state: "waiting", sent: 0, text: "", id: "", isAsked: false };
    row.querySelector("[data-send-name]").textContent = file.name;
    row.querySelector("[data-send-size]").textContent = sizeOf(file.size);
    row.querySelector("progress").setAttribute("aria-label", `Sending ${file.name}`);
    for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent.trim()} ${file.name}`);
    row.querySelector("[data-send-cancel]").addEventListener("click", () => {
      const isRunning = ["sending", "checking"].includes(job.state);
      if (isRunning) return job.stop.abort();
      jobs.splice(jobs.indexOf(job), 1);
      row.remove();
      say();
    });
    row.querySelector("[data-send-retry]").addEventListener("click", () => {
      ask(job);
      begin();
      say();
    });
    jobs.push(job);
    list.append(row);
    draw(job);
  }
  say();
}

if (form) {
  const input = form.querySelector("input[type=file]");
  const place = form.querySelector("[data-drop]");
  input.required = false;
  for (const hidden of form.querySelectorAll("[data-script-only]")) hidden.hidden = false;
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    jobs.filter((job) => job.state === "waiting").forEach(ask);
    begin();
    say();
  });
  // Dropped beside the place, a file would replace the page and whatever is under way.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
  for (const [name, isOver] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) place.addEventListener(name, () => place.classList.toggle("drop--over", isOver));
  place.addEventListener("drop", (event) => add(event.dataTransfer.files));
  addEventListener("beforeunload", (event) => {
    if (jobs.some((job) => ["sending", "checking"].includes(job.state))) event.preventDefault();
  });
  say();
}
