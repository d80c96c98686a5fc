// The search box: arrows go from the box into the answers below it and back, Escape leaves the
// panel.
import { all, byId, on } from "./dialog.js";

const box = document.querySelector(".search input[type=search]");
const LINKS = "#quick a, #results .found h3 a, #results .moment";

function step(event) {
  const links = all(LINKS);
  const at = links.indexOf(document.activeElement);
  const fromBox = document.activeElement === box;
  if (!links.length || (at < 0 && !fromBox)) {
    return;
  }
  event.preventDefault();
  const to = event.key === "ArrowDown" ? at + 1 : at - 1;
  if (to < 0) {
    box.focus();
  } else {
    links[Math.min(to, links.length - 1)].focus();
  }
}

on("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) {
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    step(event);
  }
  if (event.key === "Escape" && event.target.closest("#quick")) {
    byId("quick").replaceChildren();
    box.focus();
  }
});
// A page that shows its answers in place: Enter keeps them, and shows what was found instead of
// asking again.
