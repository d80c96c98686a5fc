// Keeps the server's banner fresh and shows each summary once.
import { newer } from "./cards.js";
import { byId, on } from "./dialog.js";
import { get } from "./live.js";
import { morph } from "./morph.js";

const PAUSE = 1000; // milliseconds
const RECOUNT = 10000;
// How long a toast stays that nobody looks at. What it undoes is still in
// "Recently deleted and changed".
const SHOWN = 12000;
const box = byId("toasts");
const banner = byId("banner");
const extents = new Set(); // "import:videos": a new one means new cards
let timer = 0;
let last = 0;
let grown = false;
let counted = Date.now();

const told = new Set(); // imports it saw running
const banners = () => [...(banner?.children ?? [])];

function states() {
  return banners()
    .map((each) => each.dataset.state)
    .join();
}

function refreshSoon() {
  if (!timer) {
    timer = setTimeout(refresh, Math.max(0, last + PAUSE - Date.now()));
  }
}

// Counts the side bar anew, which visits every entry of the list: now and then during an import,
// and at its end.
function recount() {
  counted = Date.now();
  htmx.trigger(document.body, "recount");
}

// What is asked for while an older answer is under way is asked for once that one is there.
let isCountedAgain = false;
on(
  "recount",
  () => {
    isCountedAgain = byId("facets")?.classList.contains("htmx-request") ?? false;
  },
  true,
);
on("htmx:afterSettle", ({ target }) => {
  if (target.id === "facets" && isCountedAgain) {
    recount();
  }
});
// What left the page wants no answer any more: htmx would look for the places of its parts, such
// as the lists of the side bar, in what was taken out.
on("htmx:beforeCleanupElement", ({ target }) => {
  if (target.matches?.("[hx-get]")) {
    target.addEventListener("htmx:beforeOnLoad", (event) => event.preventDefault());
  }
});

async function refresh() {
  const before = states();
  for (const each of banners()) {
    told.add(each.dataset.batch);
  }
  const page = await get(`${box.dataset.url}&shown=${[...told].slice(-20)}`);
  last = Date.now();
  timer = 0;
  if (!page) {
    return;
  }
  if (grown) {
    newer(); // after the banner has its place, so that no card moves
  }
  grown = false;
  if (banner) {
    morph(banner, page.getElementById("banner"));
    htmx.process(banner);
  }
  const isRunning = banners().some((each) => each.dataset.state === "running");
  const isDue = Date.now() > counted + RECOUNT;
  if ((isRunning && isDue) || states() !== before) {
    recount();
  }
  for (const toast of page.querySelectorAll("#summaries > .toast")) {
    const old = byId(toast.id);
    if (old?.textContent === toast.textContent) {
      continue;
    }
    old?.remove();
    box.append(document.importNode(toast, true));
    htmx.process(box.lastElementChild);
  }
  document.dispatchEvent(new CustomEvent("imports-shown"));
}

on("imports", ({ detail }) => {
  const size = extents.size;
  for (const { batch_id, total, state } of detail) {
    extents.add(`${batch_id}:${total}`);
    if (state === "running") {
      told.add(`${batch_id}`);
    }
  }
  grown ||= extents.size > size;
  refreshSoon();
});
for (const name of ["imports-changed", "imported", "ask"]) {
  on(name, refreshSoon);
}

// Hidden, not removed: answers still have a place to come to.
on("click", (event) => {
  const close = event.target.closest(".toast [data-close]");
  if (!close) {
    return;
  }
  event.preventDefault();
  close.closest(".toast").hidden = true;
});
on("submit", (event) => {
  const toast = event.target.closest(".toast:has(.acts)");
  if (toast) {
    toast.hidden = true;
  }
});
// A toast that says what was done closes by itself, but not under the pointer or the focus.
function closeLater(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) {
      closeLater(toast);
    } else {
      toast.hidden = true;
    }
  }, SHOWN);
}
const added = new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.matches?.("[data-testid=done-toast]")) {
        closeLater(node);
      }
    }
  }
});
// A page that stops somebody (404) has no toasts.
if (box) {
  added.observe(box, { childList: true });
}
// Said of what a person did.
on("htmx:sendError", (event) => {
  if (event.target !== document.body) {
    byId("unreachable").hidden = false;
  }
});
