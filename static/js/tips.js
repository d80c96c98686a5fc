// Tips of failed cards: by hover, focus and tap.
import { on } from "./dialog.js";

const LINGER = 250; // milliseconds to get from the card into the tip
let closing = 0;

const tipOf = (node) => node?.closest?.(".card.failed")?.querySelector(".tip");
// In a table only the sign itself: a mouse that moves down the rows should open nothing.
function tipUnder(node) {
  if (node?.closest?.(".table") && !node.closest(".warn, .tip")) {
    return null;
  }
  return tipOf(node);
}

const isOpen = (tip) => tip?.matches(":popover-open");

function closeUnused(tip) {
  if (isOpen(tip) && !tip.contains(document.activeElement)) {
    tip.hidePopover();
  }
}

function show(tip) {
  clearTimeout(closing);
  if (tip && !isOpen(tip)) {
    tip.showPopover({ source: tip.closest(".card").querySelector(".warn") });
  }
}

function left({ target, relatedTarget }) {
  const tip = tipOf(target);
  if (!tip || tipUnder(relatedTarget) === tip) {
    return;
  }
  clearTimeout(closing);
  closing = setTimeout(() => closeUnused(tip), LINGER);
}

on("pointerover", ({ pointerType, target }) => {
  const tip = tipUnder(target);
  if (tip && pointerType === "mouse") {
    show(tip);
  }
});
on("pointerout", (event) => {
  if (event.pointerType === "mouse") {
    left(event);
  }
});
on("focusin", ({ target, relatedTarget }) => {
  if (target.matches(".warn:focus-visible") && !relatedTarget?.closest(".tip")) {
    show(tipOf(target));
  }
});
on("focusout", left);
// A mouse has opened it already: its click must not close it again.
on("click", (event) => {
  const isByPointer = event.target.closest(".warn") && event.detail;
  if (isByPointer && isOpen(tipOf(event.target)) && matchMedia("(hover: hover)").matches) {
    event.preventDefault();
  }
});
on("submit", (event) => event.target.closest(".tip:popover-open")?.hidePopover());
