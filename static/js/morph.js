// Make `from` equal to `to` in place: what stays the same element keeps its focus, its transitions and its open state.
const FADE = 500; // milliseconds, the longest of the leaving transitions

export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  attributes(from, to);
  if (from.tagName !== "TEXTAREA" && from.tagName !== "INPUT") children(from, to);
}

function attributes(from, to) {
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
}

function children(from, to) {
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    while (place?.leaving) place = place.nextSibling;
    const twin = find(place, wanted);
    if (!twin) {
      from.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    while (place !== twin) place = drop(place);
    morph(twin, wanted);
    place = twin.nextSibling;
  }
  while (place) place = drop(place);
}

// The next sibling that is the same thing: by id where there is one, else by tag and first class.
function find(place, wanted) {
  for (let node = place; node; node = node.nextSibling) if (!node.leaving && same(node, wanted)) return node;
  return null;
}

function same(a, b) {
  if (a.nodeName !== b.nodeName) return false;
  return a.nodeType !== Node.ELEMENT_NODE || (a.id === b.id && a.classList[0] === b.classList[0] && a.getAttribute("action") === b.getAttribute("action"));
}

function drop(node) {
  const next = node.nextSibling;
  if (node.leaving) return next;
  if (node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-fades")) {
    node.leaving = true;
    node.setAttribute("inert", "");
    node.classList.add("leaving");
    setTimeout(() => node.remove(), FADE);
  } else node.remove();
  return next;
}
