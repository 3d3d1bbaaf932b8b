// Ctrl/⌘ K: acts of this page ([data-palette]), pages (the rail), companies, what was open lately; else it searches.
const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = document.getElementById("palette-list");
const isMac = /mac|iphone|ipad/i.test(navigator.platform);
const RECENT = "qd:recent";
let chosen = 0;

const recent = () => JSON.parse(sessionStorage.getItem(RECENT) || "[]");
if (dialog && document.querySelector(".crumb")) {
  const here = { label: document.querySelector("h1").textContent.trim(), href: location.pathname };
  sessionStorage.setItem(RECENT, JSON.stringify([here, ...recent().filter((one) => one.href !== here.href)].slice(0, 6)));
}
if (isMac) for (const kbd of document.querySelectorAll("[data-mod-k]")) kbd.textContent = "⌘K";

const isShown = (element) => element.checkVisibility?.() ?? true;
const labelOf = (element) => [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();

function groups(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ label }) => words.every((word) => label.toLowerCase().includes(word));
  const acts = [...document.querySelectorAll("[data-palette]")].filter(isShown).map((element) => ({ label: element.dataset.palette || element.textContent.trim(), run: () => element.click() }));
  const pages = [...document.querySelectorAll(".rail__link")].map((link) => ({ label: labelOf(link), href: link.getAttribute("href"), hint: link.dataset.go && document.body.dataset.keys === "on" ? `g ${link.dataset.go}` : "" }));
  const companies = [...document.querySelectorAll("#menu-company button")].map((button) => ({ label: `Act in ${button.textContent.trim()}`, run: () => button.click() }));
  const opened = recent().filter((one) => one.href !== location.pathname);
  const elsewhere = query ? [{ label: `Search everything for “${query}”`, href: `/search?q=${encodeURIComponent(query)}` }] : [];
  if (/^\d{1,12}$/.test(query) && pages.some((page) => page.href === "/orders")) elsewhere.unshift({ label: `Open order ${query}`, href: `/orders/${query}` });
  return [
    ["Act on this page", acts.filter(matches)],
    ["Go to", pages.filter(matches)],
    ["You had open", opened.filter(matches)],
    ["Companies", query ? companies.filter(matches) : []],
    ["Elsewhere", elsewhere],
  ].filter(([, items]) => items.length);
}

function draw() {
  list.replaceChildren(...groups(input.value.trim()).map(([title, items]) => {
    const group = document.getElementById("tpl-palette-group").content.firstElementChild.cloneNode(true);
    group.setAttribute("aria-label", title);
    group.querySelector("p").textContent = title;
    group.querySelector("ul").append(...items.map(drawItem));
    return group;
  }));
  choose(0);
}

function drawItem({ label, href, hint, run }) {
  const item = document.getElementById("tpl-palette-item").content.firstElementChild.cloneNode(true);
  const link = item.querySelector("a");
  link.href = href || "#";
  link.tabIndex = -1;
  link.querySelector("span").textContent = label;
  link.querySelector("small").textContent = hint || "";
  if (run) link.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
    run();
  });
  return item;
}

function choose(index) {
  const options = [...list.querySelectorAll('[role="option"]')];
  chosen = (index + options.length) % (options.length || 1);
  options.forEach((option, at) => {
    option.id = `palette-option-${at}`;
    option.setAttribute("aria-selected", String(at === chosen));
  });
  if (options.length) input.setAttribute("aria-activedescendant", `palette-option-${chosen}`);
  options[chosen]?.scrollIntoView({ block: "nearest" });
}

function open() {
  if (!dialog.open) dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("qd:opened"));
}

if (dialog) {
  dialog.addEventListener("qd:opened", () => {
    input.value = "";
    draw();
    input.focus();
  });
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") list.querySelectorAll('[role="option"]')[chosen]?.click();
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    open();
  });
}
