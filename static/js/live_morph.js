// Makes an element look like another without taking away what a person does in it: focus, typed text, ticks, open
// details and scroll stay. Asked for by the event qd:morph {from, to}; parsing never runs what it reads.
const KEPT = new Set(["open", "data-htmx-powered"]);
const isField = (element) => element.matches("input, textarea, select");

function isTouched(field) {
  if (field === document.activeElement) return true;
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

function syncAttributes(from, to) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
  for (const { name, value } of [...to.attributes]) if (!KEPT.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
}

function isSame(from, to) {
  if (from.nodeType !== to.nodeType) return false;
  return from.nodeType !== Node.ELEMENT_NODE || (from.tagName === to.tagName && from.id === to.id);
}

function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.nodeValue = to.nodeValue;
    return;
  }
  if (isField(from)) {
    if (!isTouched(from)) {
      syncAttributes(from, to);
      if (from.matches("textarea")) from.defaultValue = to.defaultValue;
    }
    if (!from.matches("select") || isTouched(from)) return;
  }
  syncAttributes(from, to);
  morphChildren(from, to);
}

function morphChildren(from, to) {
  const named = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const match = wanted.id ? named.get(wanted.id) : at && isSame(at, wanted) ? at : null;
    if (match && isSame(match, wanted)) {
      if (match !== at) from.insertBefore(match, at);
      else at = at.nextSibling;
      morph(match, wanted);
    } else from.insertBefore(document.importNode(wanted, true), at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

document.addEventListener("qd:morph", (event) => morph(event.detail.from, event.detail.to));
