// Tips of failed cards: they open on hover, focus and tap, and close when the pointer or the focus leaves, or with Escape.
const LINGER = 250; // milliseconds to get from the card into the tip
let closing = 0;

const tipOf = (node) => node?.closest?.(".card.failed")?.querySelector(".tip");

function show(tip) {
  clearTimeout(closing);
  if (!tip || tip.matches(":popover-open")) return;
  document.querySelectorAll(".tip:popover-open").forEach((other) => other.hidePopover());
  tip.showPopover({ source: tip.closest(".card").querySelector(".warn") });
}

function hideSoon(tip) {
  clearTimeout(closing);
  closing = setTimeout(() => tip?.isConnected && !tip.contains(document.activeElement) && tip.matches(":popover-open") && tip.hidePopover(), LINGER);
}

document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && tipOf(event.target) && show(tipOf(event.target)));
document.addEventListener("pointerout", (event) => {
  const tip = tipOf(event.target);
  if (tip && event.pointerType === "mouse" && tipOf(event.relatedTarget) !== tip) hideSoon(tip);
});
document.addEventListener("focusin", (event) => event.target.matches(".warn:focus-visible") && show(tipOf(event.target)));
document.addEventListener("focusout", (event) => {
  const tip = tipOf(event.target);
  if (tip && tipOf(event.relatedTarget) !== tip) hideSoon(tip);
});
// A mouse has opened it already: its click must not close it again.
document.addEventListener("click", (event) => {
  const sign = event.target.closest(".warn");
  if (sign && event.detail && tipOf(sign).matches(":popover-open") && matchMedia("(hover: hover)").matches) event.preventDefault();
});
show(document.querySelector(".card.failed:hover .tip")); // the pointer was there before this script
document.addEventListener("submit", (event) => event.target.closest(".tip:popover-open")?.hidePopover());
