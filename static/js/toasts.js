// Keeps the server's banner fresh and shows each summary once.
import { newer } from "./cards.js";
import { byId, on } from "./dialog.js";
import { get } from "./live.js";
import { morph } from "./morph.js";

const PAUSE = 1000; // milliseconds
const box = byId("toasts");
const banner = byId("banner");
const extents = new Set(); // "import:videos": a new one means new cards
let timer = 0;
let last = 0;
let grown = false;

const told = new Set(); // imports it saw running
const banners = () => [...(banner?.children ?? [])];
const states = () => banners().map((each) => each.dataset.state).join();
const refreshSoon = () => (timer ||= setTimeout(refresh, Math.max(0, last + PAUSE - Date.now())));

async function refresh() {
  const before = states();
  banners().forEach((each) => told.add(each.dataset.batch));
  const page = await get(`${box.dataset.url}?shown=${[...told].slice(-20)}`);
  last = Date.now();
  timer = 0;
  if (!page) return;
  if (grown) newer(); // after the banner has its place, so that no card moves
  grown = false;
  if (banner) {
    morph(banner, page.getElementById("banner"));
    htmx.process(banner);
  }
  if (states() !== before) htmx.trigger(document.body, "recount");
  for (const toast of page.querySelectorAll("#summaries > .toast")) {
    const old = byId(toast.id);
    if (old?.textContent === toast.textContent) continue;
    old?.remove();
    box.append(document.importNode(toast, true));
    htmx.process(box.lastElementChild);
  }
}

on("imports", ({ detail }) => {
  const size = extents.size;
  for (const { batch_id, total, state } of detail) {
    extents.add(`${batch_id}:${total}`);
    if (state === "running") told.add(`${batch_id}`);
  }
  grown ||= extents.size > size;
  refreshSoon();
});
for (const name of ["imports-changed", "imported", "ask"]) on(name, refreshSoon);

// Hidden, not removed: answers still have a place to come to.
on("click", (event) => {
  const close = event.target.closest(".toast [data-close]");
  if (!close) return;
  event.preventDefault();
  close.closest(".toast").hidden = true;
});
on("submit", (event) => {
  const toast = event.target.closest(".toast:has(.acts)");
  if (toast) toast.hidden = true;
});
// Said of what a person did.
on("htmx:sendError", (event) => event.target !== document.body && (byId("unreachable").hidden = false));
