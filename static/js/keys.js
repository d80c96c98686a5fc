// Keys: by data-key, of cards, help.
import { on, open } from "./dialog.js";
import { choose, count } from "./select.js";

function step(by) {
  const cards = [...document.querySelectorAll(".card")];
  const here = cards.indexOf(document.activeElement.closest(".card"));
  const next = cards[here < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, here + by))];
  (next?.querySelector("h3 a, .warn") ?? next?.querySelector(".pick input"))?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest(".card")?.querySelector(".pick input").click(),
  "?": () => open("shortcuts"),
  Escape: () => count() && choose(false),
};

on("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return event.key === "Escape" && event.target.blur();
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (named) {
    event.preventDefault();
    named.matches("input") ? named.select() : named.click();
  } else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
});
