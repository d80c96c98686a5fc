// The palette (Ctrl+K): goes to a list, does what the menus of the page offer, or searches.
import { all, byId, on, open } from "./dialog.js";

const MOST = 12; // choices shown
const SOURCES = "#lists a, #menu a, #list-menu > a, .top a[data-open], .side-add";

const dialog = byId("palette");
const field = dialog?.querySelector("input");
const list = byId("palette-choices");
let choices = [];
let at = 0;

// What the page offers by itself: each link of the side bar and the menus, once.
function offered() {
  const seen = new Map();
  for (const link of all(SOURCES)) {
    const label = (
      link.getAttribute("aria-label") ??
      link.querySelector("span")?.textContent ??
      link.textContent
    ).trim();
    const key = `${label} ${link.getAttribute("href")}`;
    if (label && !seen.has(key)) {
      seen.set(key, { label, act: () => link.click() });
    }
  }
  return [...seen.values()];
}

function found(words) {
  const sought = words.trim().toLocaleLowerCase();
  const parts = sought.split(/\s+/);
  const fitting = offered().filter(({ label }) =>
    parts.every((part) => label.toLocaleLowerCase().includes(part)),
  );
  const shown = fitting.slice(0, MOST);
  if (sought) {
    const address = `${list.dataset.search}?${new URLSearchParams({ q: words.trim() })}`;
    shown.push({
      label: list.dataset.searchLabel.replace("#", words.trim()),
      act: () => location.assign(address),
    });
  }
  return shown;
}

function render() {
  choices = found(field.value);
  at = 0;
  const items = choices.map(({ label }, place) => {
    const item = document.createElement("li");
    item.id = `palette-${place}`;
    item.role = "option";
    item.textContent = label;
    return item;
  });
  list.replaceChildren(...items);
  mark();
}

function mark() {
  for (const [place, item] of [...list.children].entries()) {
    item.ariaSelected = String(place === at);
  }
  const chosen = list.children[at];
  if (chosen) {
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function choose(place) {
  const choice = choices[place];
  dialog.close();
  choice?.act();
}

export function openPalette() {
  if (!dialog) {
    return;
  }
  open("palette");
  field.value = "";
  field.focus();
  render();
}

field?.addEventListener("input", render);
field?.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && choices.length) {
    event.preventDefault();
    at = (at + steps[event.key] + choices.length) % choices.length;
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    choose(at);
  }
});
list?.addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item) {
    choose([...list.children].indexOf(item));
  }
});
on("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) {
    return;
  }
  if (document.querySelector("dialog[open]")) {
    return;
  }
  event.preventDefault();
  openPalette();
});
