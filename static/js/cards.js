// Cards follow their videos: ring and words at once from the frame, everything else from the server's own card, morphed in place.
import { get } from "./get.js";
import { subscribe, unsubscribe } from "./live.js";
import { morph } from "./morph.js";

const GATHER = 100; // milliseconds: videos that change together are asked for together
const MOST = 60; // cards per request
const SPEAKING = new Set(["metadata", "complete", "error", "created"]); // stages whose card says something new besides ring and words

const onScreen = new Set();
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

// Which cards are on screen -------------------------------------------------------------------------------------------

const watcher = new IntersectionObserver(
  (entries) => {
    const ids = (shown) => entries.filter((e) => e.isIntersecting === shown).map((e) => Number(e.target.dataset.videoId));
    const came = ids(true).filter((id) => !onScreen.has(id));
    const left = ids(false).filter((id) => onScreen.has(id));
    came.forEach((id) => onScreen.add(id));
    left.forEach((id) => onScreen.delete(id));
    if (came.length) subscribe(came);
    if (left.length) unsubscribe(left);
  },
  { rootMargin: "50% 0px" },
);

function watch(root) {
  if (root.matches?.(".card")) watcher.observe(root);
  root.querySelectorAll?.(".card").forEach((card) => watcher.observe(card));
}

function forget(root) {
  const ids = [root, ...(root.querySelectorAll?.(".card") ?? [])].filter((node) => node.matches?.(".card") && !find(node.dataset.videoId)).map((card) => Number(card.dataset.videoId));
  const gone = ids.filter((id) => onScreen.delete(id));
  if (gone.length) unsubscribe(gone);
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
  fetchSoon([...onScreen].filter((id) => find(id)?.classList.contains("importing")));
  newer();
});

watch(document);
new MutationObserver((changes) => changes.forEach((change) => (change.addedNodes.forEach(watch), change.removedNodes.forEach(forget)))).observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
