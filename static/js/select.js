// Selecting: one, a range with Shift, or all that the filters show.
import { all, byId, on } from "./dialog.js";

const bar = byId("selection");
const boxes = () => all(".pick input");
let last = null;

export function count() {
  if (!bar) return 0;
  const chosen = boxes().filter((box) => box.checked).length;
  const words = bar.querySelector("output");
  bar.classList.toggle("open", chosen > 0);
  document.body.classList.toggle("selecting", chosen > 0);
  if (!chosen) bar.elements.all.value = "";
  words.textContent = bar.elements.all.value ? words.dataset.all : chosen === 1 ? words.dataset.one : words.dataset.many.replace("#", chosen.toLocaleString(document.documentElement.lang));
  return chosen;
}

export function choose(every) {
  boxes().forEach((box) => (box.checked = every));
  bar.elements.all.value = every ? "1" : "";
  count();
}

on("click", (event) => {
  const act = event.target.closest("[data-select]")?.dataset.select;
  if (act) choose(act === "all");
  const box = event.target.closest(".pick input");
  if (!box) return;
  const row = boxes();
  const [from, to] = [row.indexOf(last), row.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) row.slice(from, to + 1).forEach((other) => (other.checked = box.checked));
  last = box;
  bar.elements.all.value = "";
  count();
});
on("selection-done", () => choose(false));
on("entries-removed", count);
count();
