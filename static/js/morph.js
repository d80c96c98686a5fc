// Make `from` equal to `to` in place: what stays keeps its focus, transitions and open state.
const FADE = 500; // milliseconds, the longest of the leaving transitions

export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) {
      from.nodeValue = to.nodeValue;
    }
    return;
  }
  morphAttributes(from, to);
  if (from.matches("textarea, input")) {
    return;
  }
  morphChildren(from, to);
}

function morphAttributes(from, to) {
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) {
      from.setAttribute(name, value);
    }
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name)) {
      from.removeAttribute(name);
    }
  }
}

function morphChildren(from, to) {
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    let twin = place;
    while (twin && !same(twin, wanted)) {
      twin = twin.nextSibling;
    }
    if (twin) {
      while (place !== twin) {
        place = drop(place);
      }
      morph(twin, wanted);
      place = twin.nextSibling;
    } else {
      from.insertBefore(document.importNode(wanted, true), place);
    }
  }
  while (place) {
    place = drop(place);
  }
}

// The same thing: by id where there is one, else by tag and first class.
function same(a, b) {
  if (a.nodeName !== b.nodeName || a.inert) {
    return false;
  }
  return a.nodeType !== Node.ELEMENT_NODE || (a.id === b.id && a.classList[0] === b.classList[0]);
}

// Takes a node away, when it has faded if it fades. Answers the one behind it.
function drop(node) {
  const next = node.nextSibling;
  if (node.dataset?.fades === undefined) {
    node.remove();
  } else if (!node.inert) {
    node.inert = true;
    setTimeout(() => node.remove(), FADE);
  }
  return next;
}
