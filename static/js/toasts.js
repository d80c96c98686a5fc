// Banner and summaries: the server writes them, this keeps them fresh, and says once that a summary was seen.
import { newer } from "./cards.js";
import { get } from "./get.js";
import { morph } from "./morph.js";

const PAUSE = 1000; // milliseconds between two requests, however often the numbers change
const box = document.getElementById("toasts");
const totals = new Map(); // batch id -> total: it grows while a playlist is being read
const said = new Set([...(box?.children ?? [])].map((toast) => toast.id)); // each summary once, also after it was closed
let timer = 0;
let last = 0;

function refreshSoon() {
  if (!timer) timer = setTimeout(refresh, Math.max(0, last + PAUSE - Date.now()));
}

async function refresh() {
  const banner = document.getElementById("banner");
  const children = [...(banner?.children ?? [])];
  const page = await get(`${document.body.dataset.banner}?shown=${children.map((shown) => shown.dataset.batch)}`);
  last = Date.now();
  timer = 0;
  if (!page) return;
  const states = () => [...banner.children].map((shown) => shown.dataset.state).join();
  const before = banner && states();
  if (banner) {
    morph(banner, page.getElementById("banner"));
    window.htmx.process(banner);
    if (states() !== before) window.htmx.trigger(document.body, "recount");
  }
  page.querySelectorAll("#summaries > .toast").forEach((toast) => said.has(toast.id) || add(toast));
}

function add(toast) {
  said.add(toast.id);
  box.append(document.importNode(toast, true));
  window.htmx.process(box.lastElementChild);
  seen();
}

// A summary counts as seen when it stands on a page somebody is looking at.
function seen() {
  if (document.hidden || !box) return;
  for (const toast of box.querySelectorAll("[data-announce]")) {
    const url = toast.dataset.announce;
    delete toast.dataset.announce;
    fetch(url, { method: "POST", headers: { "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" }, keepalive: true });
  }
}

export function say(text) {
  const toast = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = text;
  box.append(toast);
}

function progress(imports) {
  for (const frame of imports) {
    const dial = document.querySelector(`#batch-${frame.batch_id} .dial-box`);
    if (dial) {
      dial.setAttribute("aria-valuenow", frame.percent);
      dial.querySelector(".arc").setAttribute("stroke-dashoffset", 100 - frame.percent);
      dial.querySelector("b").textContent = frame.percent;
    }
    const known = totals.get(frame.batch_id) ?? Number(document.getElementById(`batch-${frame.batch_id}`)?.dataset.total ?? 0);
    if (frame.total > known) newer();
    totals.set(frame.batch_id, Math.max(known, frame.total));
  }
  refreshSoon();
}

document.addEventListener("imports", (event) => progress(event.detail));
document.addEventListener("imports-changed", refreshSoon);
document.addEventListener("imported", refreshSoon);
document.addEventListener("ask", refreshSoon);
document.addEventListener("visibilitychange", seen);
document.addEventListener("click", (event) => {
  const close = event.target.closest(".toast [data-close]");
  if (!close) return;
  event.preventDefault();
  close.closest(".toast").remove();
});
// Hidden, not removed: the answer's events still have to come from somewhere.
document.addEventListener("submit", (event) => {
  if (event.target.closest(".toast .acts")) event.target.closest(".toast").hidden = true;
});
document.body.addEventListener("htmx:sendError", () => say(box.dataset.unreachable));
seen();
