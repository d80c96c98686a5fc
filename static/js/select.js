// Selecting: one, a range with Shift, or all that the filters show.
import { all, byId, on } from "./dialog.js";

const bar = byId("selection");
const boxes = () => all(".pick input");
let last = null;
let total = 0; // how many "all" are; 0 while that is not known

function words(chosen) {
  const { dataset } = bar.querySelector("output");
  if (bar.elements.all.value) {
    const number = total || chosen;
    return dataset.all.replace("#", number.toLocaleString(document.documentElement.lang));
  }
  if (chosen === 1) return dataset.one;
  return dataset.many.replace("#", chosen.toLocaleString(document.documentElement.lang));
}

export function count() {
  if (!bar) return 0;
  const chosen = boxes().filter((box) => box.checked).length;
  bar.classList.toggle("open", chosen > 0);
  document.body.classList.toggle("selecting", chosen > 0);
  if (!chosen) bar.elements.all.value = "";
  bar.querySelector("output").textContent = words(chosen);
  return chosen;
}

export function choose(every) {
  boxes().forEach((box) => {
    box.checked = every;
  });
  bar.elements.all.value = every ? "1" : "";
  total = 0;
  count();
  if (every) countAll();
}

// "All" is what the filters show now, also below the end of the page: the address has them, since
// a live search changes it. The server says how many that are.
async function countAll() {
  const query = location.search.slice(1);
  bar.elements.query.value = query;
  const { countUrl } = bar.querySelector("output").dataset;
  try {
    const answer = await fetch(`${countUrl}?${query}`);
    if (!answer.ok || query !== bar.elements.query.value) return;
    total = (await answer.json()).count;
    count();
  } catch {
    // Without an answer the bar says how many are on the page.
  }
}

on("click", (event) => {
  const act = event.target.closest("[data-select]")?.dataset.select;
  if (act) choose(act === "all");
  const box = event.target.closest(".pick input");
  if (!box) return;
  const row = boxes();
  const [from, to] = [row.indexOf(last), row.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) {
    row.slice(from, to + 1).forEach((other) => {
      other.checked = box.checked;
    });
  }
  last = box;
  bar.elements.all.value = "";
  count();
});
// Enter in a menu's own field presses that menu's first button, never another one's.
on("keydown", (event) => {
  const field = event.target.closest("#selection .menu input:not([type=checkbox])");
  if (!field || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  field.closest(".menu").querySelector("button").click();
});
on("selection-done", () => choose(false));
on("entries-removed", count);
// Other results than those something was selected in: what is not shown any more is not selected.
on("htmx:afterSettle", (event) => {
  if (event.target.id !== "results") return;
  choose(false);
});
count();
