// Selects one card, a range with Shift, or all that the filters show. The selection is a set of
// ids, and exactly these are sent.
import { all, byId, on } from "./dialog.js";

const bar = byId("selection");
const chosen = new Set();
let everything = false; // all that the filters showed when it was asked for
let lastBox = null;
let choosing = null; // a promise, while the ids of all are being asked for

const boxes = () => all(".pick input");

export function count() {
  if (!bar) {
    return 0;
  }
  const words = bar.querySelector("output");
  const number = chosen.size.toLocaleString(document.documentElement.lang);
  bar.classList.toggle("open", chosen.size > 0);
  document.body.classList.toggle("selecting", chosen.size > 0);
  if (everything) {
    words.textContent = words.dataset.all.replace("#", number);
  } else if (chosen.size === 1) {
    words.textContent = words.dataset.one;
  } else {
    words.textContent = words.dataset.many.replace("#", number);
  }
  return chosen.size;
}

function show() {
  for (const box of boxes()) {
    box.checked = chosen.has(box.value);
  }
  count();
}

export function clear() {
  chosen.clear();
  everything = false;
  show();
}

function set(box) {
  if (box.checked) {
    chosen.add(box.value);
  } else {
    chosen.delete(box.value);
  }
}

async function chooseAll() {
  const asked = location.search;
  // Of the list, or of the search that took its place: the address has the page's name.
  const answer = await fetch(new URL(`ids/${asked}`, location.href)).catch(() => null);
  if (!answer?.ok) {
    byId("unreachable").hidden = false;
    return;
  }
  const { ids } = await answer.json();
  if (asked !== location.search) {
    return; // another search is shown by now
  }
  chosen.clear();
  for (const id of ids) {
    chosen.add(String(id));
  }
  everything = true;
  show();
}

// What is pressed before the ids of all are there is pressed once they are.
function wait(event) {
  const button = event.target.closest("[data-chosen] button");
  if (choosing && button) {
    event.preventDefault();
    event.stopImmediatePropagation();
    choosing.then(() => button.click());
  }
}
on("click", wait, true);

on("click", (event) => {
  const act = event.target.closest("[data-select]")?.dataset.select;
  if (act === "all") {
    choosing = chooseAll().finally(() => {
      choosing = null;
    });
  }
  if (act === "none") {
    clear();
  }
  const box = event.target.closest(".pick input");
  if (!box) {
    return;
  }
  const row = boxes();
  const [from, to] = [row.indexOf(lastBox), row.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) {
    for (const other of row.slice(from, to + 1)) {
      other.checked = box.checked;
      set(other);
    }
  }
  set(box);
  lastBox = box;
  everything = false;
  count();
});
// What is sent are the ids that were chosen, whatever is on the page.
on("formdata", ({ target, formData }) => {
  if (!target.matches("[data-chosen]")) {
    return;
  }
  formData.delete("video");
  formData.set("ids", [...chosen].join());
});
on("htmx:afterSwap", ({ target }) => {
  if (target.id === "results") {
    clear(); // other videos are shown
  } else {
    show(); // further cards of the same
  }
});
on("selection-done", () => {
  for (const open of all("form:popover-open, .selection :popover-open")) {
    open.hidePopover();
  }
  clear();
});
on("entries-removed", ({ detail }) => {
  for (const id of detail.ids) {
    chosen.delete(String(id));
  }
  count();
});
// Ticks that the browser kept over a reload.
for (const box of boxes()) {
  set(box);
}
count();
