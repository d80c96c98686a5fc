// Cards follow their videos: ring and words at once from the frame, everything else from the server's own card, morphed in place.
import { get } from "./get.js";
import { subscribe, unsubscribe } from "./live.js";
import { morph } from "./morph.js";

const GATHER = 100; // milliseconds: videos that change together are asked for together
const MOST = 60; // cards per request
const SPEAKING = new Set(["metadata", "complete", "error", "created"]); // stages whose card says something new besides ring and words

const followed = new Set();
const wanted = new Set();
let timer = 0;

const grid = () => document.getElementById("cards");
const find = (id) => document.getElementById(`video-${id}`);

// From a frame --------------------------------------------------------------------------------------------------------

function apply(frame) {
  const card = find(frame.video_id);
  if (!card || frame.version <= Number(card.dataset.version)) return;
  const ring = card.querySelector(".ring");
  if (ring && frame.stage !== "error") {
    ring.setAttribute("aria-valuenow", frame.progress);
    ring.querySelector(".arc").setAttribute("stroke-dashoffset", 100 - frame.progress);
    ring.querySelector("b").textContent = `${frame.progress}%`;
  }
  const words = card.querySelector(".stage");
  if (words) words.textContent = grid().dataset[`stage${frame.stage}`] ?? words.textContent;
  if (!ring || SPEAKING.has(frame.stage)) return fetchSoon([frame.video_id]);
  card.dataset.version = frame.version;
  card.dataset.stage = frame.stage;
}

// From the server -----------------------------------------------------------------------------------------------------

export function fetchSoon(ids) {
  ids.forEach((id) => wanted.add(Number(id)));
  if (wanted.size && !timer) timer = setTimeout(fetchWanted, GATHER);
}

async function fetchWanted() {
  const ids = [...wanted].filter(find).slice(0, MOST);
  wanted.clear();
  if (ids.length && grid()) {
    const page = await get(`${grid().dataset.url}?ids=${ids}`);
    page?.querySelectorAll(".card").forEach(renew);
  }
  timer = 0;
  fetchSoon([]);
}

function renew(fresh) {
  const card = document.getElementById(fresh.id);
  if (!card) return;
  if (Number(fresh.dataset.version) < Number(card.dataset.version)) return fetchSoon([fresh.dataset.videoId]);
  const finished = card.classList.contains("importing") && !fresh.classList.contains("importing");
  const arc = finished && fresh.dataset.stage === "complete" && card.querySelector(".arc");
  if (arc) arc.setAttribute("stroke-dashoffset", 0);
  morph(card, fresh);
  window.htmx.process(card);
}

// New ones on top: another tab, the API or a playlist added them.
export async function newer() {
  if (grid()?.dataset.newest === undefined) return;
  const top = grid().querySelector(".card")?.dataset.position ?? 0;
  await window.htmx.ajax("GET", `${grid().dataset.url}?since=${top}`, { target: "#cards", swap: "none" });
}

// Which cards are followed -------------------------------------------------------------------------------------------

const idOf = (card) => Number(card.dataset.videoId);
const isMoving = (card) => card.classList.contains("importing");

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? follow(target) : isMoving(target) || leave(target);
  },
  { rootMargin: "50% 0px" },
);

// Followed are the cards on screen, and those that still move wherever they are.
function follow(card) {
  if (!followed.has(idOf(card))) subscribe([idOf(card)], isMoving(card));
  followed.add(idOf(card));
}

function leave(card) {
  if (followed.delete(idOf(card))) unsubscribe([idOf(card)]);
}

const cardsIn = (root) => (root.matches?.(".card") ? [root] : [...(root.querySelectorAll?.(".card") ?? [])]);

function came(root) {
  for (const card of cardsIn(root)) {
    watcher.observe(card);
    if (isMoving(card)) follow(card);
  }
}

function went(root) {
  for (const card of cardsIn(root)) {
    watcher.unobserve(card);
    if (!find(idOf(card))) leave(card);
  }
}

// A picture YouTube does not have comes as a grey stand-in, 120 px wide: our own placeholder is better.
function judge(image) {
  if (!image.complete || (image.naturalWidth && image.naturalWidth !== 120)) return;
  const { fallback } = image.dataset;
  delete image.dataset.fallback;
  if (fallback) image.src = fallback;
  else image.classList.add("missing");
}

document.addEventListener("error", (event) => event.target.matches?.("img.thumb") && judge(event.target), true);
document.addEventListener("load", (event) => event.target.matches?.("img.thumb") && judge(event.target), true);
document.querySelectorAll("img.thumb").forEach((image) => image.complete && judge(image));

document.addEventListener("video", (event) => apply(event.detail));
document.addEventListener("videos-changed", (event) => fetchSoon(event.detail.ids));
document.addEventListener("entries-removed", (event) => event.detail.ids.forEach((id) => find(id)?.remove()));
document.addEventListener("ask", () => {
  fetchSoon([...followed].filter((id) => find(id)?.classList.contains("importing")));
  newer();
});

came(document);
new MutationObserver((changes) => {
  for (const { addedNodes, removedNodes } of changes) {
    addedNodes.forEach(came);
    removedNodes.forEach(went);
  }
}).observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
