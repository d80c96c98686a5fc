// Keys: by data-key, of cards, and for help. The focus: when the element that has it is removed,
// the one that comes in its place gets it.
import { all, byId, on, open } from "./dialog.js";
import { clear } from "./select.js";

const cards = () => all(".card");
let last = null; // what has the focus, or had it
let at = -1; // the place of the last card that had it

function reach(place) {
  const card = cards()[Math.max(0, place)] ?? cards().at(-1);
  const part = card?.querySelector("h3 a, .warn") ?? card?.querySelector(".pick input");
  (part ?? byId("main")).focus({ preventScroll: true });
  return card;
}

const step = (by) => reach(at + by)?.scrollIntoView({ block: "nearest" });

function refocus() {
  if (last && !last.checkVisibility() && [last, document.body].includes(document.activeElement)) {
    reach(at);
  }
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest(".card")?.querySelector(".pick input").click(),
  "?": () => open("shortcuts"),
  Escape: clear,
};

on("focusin", ({ target }) => {
  last = target.closest("dialog") ? null : target;
  if (target.closest(".card")) {
    at = cards().indexOf(target.closest(".card"));
  }
});
on("htmx:afterProcessNode", () => setTimeout(refocus));
on("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) {
    if (event.key === "Escape") {
      event.target.blur();
      at = -1;
    }
    return;
  }
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (named) {
    event.preventDefault();
    if (named.matches("input")) {
      named.select();
    } else {
      named.click();
    }
  } else if (Object.hasOwn(KEYS, event.key)) {
    KEYS[event.key]();
  }
});
