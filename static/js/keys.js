// Keys: the ones an element names with data-key, j and k from card to card, x to select, Escape to let go, ? for the list of them.
import { open } from "./dialog.js";
import { choose, count } from "./select.js";

const typing = (node) => node.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const cards = () => [...document.querySelectorAll(".card")];
const handle = (card) => card && (card.querySelector("h3 a") ?? card.querySelector(".warn") ?? card.querySelector(".pick input"));

function step(by) {
  const all = cards();
  const here = all.indexOf(document.activeElement.closest(".card"));
  const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
  handle(next)?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest(".card")?.querySelector(".pick input").click(),
  "?": () => open("shortcuts"),
  Escape: () => count() && choose(false),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) return event.key === "Escape" && event.target.blur();
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (named) {
    event.preventDefault();
    if (named.matches("input")) named.select();
    else named.click();
  } else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
});
