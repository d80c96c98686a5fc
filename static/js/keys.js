// Keys: by data-key, of cards, and for help. The focus: when the element that has it is removed,
// the one that comes in its place gets it.
import { all, byId, on, open } from "./dialog.js";
import { openPalette } from "./palette.js";
import { clear, count } from "./select.js";

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

const focusedCard = () => document.activeElement.closest(".card");

// A button of the selection's bar, for what is selected; for the card with the focus when nothing
// is.
function withSelection(key) {
  if (count() === 0) {
    focusedCard()?.querySelector(".pick input")?.click();
  }
  if (count() > 0) {
    document.querySelector(`#selection [data-selection-key="${CSS.escape(key)}"]`)?.click();
  }
}

const KEYS = {
  o: () => focusedCard()?.querySelector("h3 a")?.click(),
  g: openPalette,
  j: () => step(1),
  k: () => step(-1),
  x: () => focusedCard()?.querySelector(".pick input")?.click(),
  "?": () => open("shortcuts"),
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
  } else if (["e", "t", "r", "#"].includes(event.key)) {
    event.preventDefault(); // the field that opens does not get the letter
    withSelection(event.key);
  } else if (event.key === "Escape") {
    clear(); // not prevented: the browser closes what is open by it
  } else if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});
