// Cards follow their videos: ring and words from the frame, everything else from the server's card.
import { all, byId, on } from "./dialog.js";
import { follow, get } from "./live.js";
import { morph } from "./morph.js";

const GATHER = 100; // milliseconds: videos that change together are asked for together
const AGAIN = 2000;
const FRAME = 16;
const MOST = 20; // cards per request
const AT_ONCE = 5; // cards per frame
const FAR = 2; // screens
const SPEAKING = new Set(["metadata", "complete", "error", "created"]); // stages whose card says something new besides ring and words

const wanted = new Set();
let timer = 0;
let line = Promise.resolve(); // requests, one after the other

const grid = () => byId("cards");
const find = (id) => byId(`video-${id}`);
const idOf = (card) => Number(card.dataset.videoId);
const turn = (arc, percent) => arc.setAttribute("stroke-dashoffset", 100 - percent);

function apply({ detail: frame }) {
  const card = find(frame.video_id);
  if (!card || frame.version <= Number(card.dataset.version)) return;
  const ring = card.querySelector(".ring");
  if (ring && frame.stage !== "error") {
    ring.setAttribute("aria-valuenow", frame.progress);
    ring.querySelector("b").textContent = `${frame.progress}%`;
    turn(ring.querySelector(".arc"), frame.progress);
  }
  const words = card.querySelector(".stage");
  if (words) words.textContent = grid().dataset[`stage${frame.stage}`] ?? words.textContent;
  if (!ring || SPEAKING.has(frame.stage)) return fetchSoon([frame.video_id]);
  Object.assign(card.dataset, { version: frame.version, stage: frame.stage });
}

function fetchSoon(ids) {
  ids.forEach((id) => wanted.add(Number(id)));
  if (wanted.size) timer ||= setTimeout(fetchWanted, GATHER);
}

async function fetchWanted() {
  const ids = [...wanted].slice(0, MOST);
  ids.forEach((id) => wanted.delete(id));
  const here = ids.filter(find);
  const page = here.length && (await get(`${grid().dataset.url}?ids=${here}`));
  for (const [i, fresh] of [...(page?.querySelectorAll(".card") ?? [])].entries()) {
    if (i && !(i % AT_ONCE)) await new Promise((go) => setTimeout(go, FRAME));
    renew(fresh);
  }
  if (page) removeAllBut(page, here);
  timer = 0;
  if (page || !here.length) return fetchSoon([]);
  here.forEach((id) => wanted.add(id)); // the server is away; no frame will say this version again
  timer = setTimeout(fetchWanted, AGAIN);
}

// Asked for and not answered: these have left the list.
function removeAllBut(page, ids) {
  for (const id of ids) {
    if (!page.getElementById(`video-${id}`)) find(id)?.remove();
  }
}

const fetchImporting = () => fetchSoon(all(".card.importing").map(idOf));

function renew(fresh) {
  const card = byId(fresh.id);
  if (!card) return;
  if (Number(fresh.dataset.version) < Number(card.dataset.version)) return fetchSoon([idOf(card)]);
  const arc = fresh.dataset.stage === "complete" && card.querySelector(".arc");
  if (arc) turn(arc, 100);
  morph(card, fresh);
  if (card.querySelector("[hx-post]")) htmx.process(card);
}

// New ones on top, from elsewhere.
export function newer() {
  line = line.then(() => {
    const top = grid()?.querySelector(".card")?.dataset.position ?? 0;
    if (grid()?.dataset.newest !== undefined) return htmx.ajax("GET", `${grid().dataset.url}?since=${top}`, { target: "#cards", swap: "none" });
  }).catch(() => {}); // the server is away: asked again
}

const pages = () => [...(grid()?.children ?? [])].filter((page) => page.childElementCount && !page.hidden);
const followAll = () => follow(pages().flatMap((page) => [...page.children]).map(idOf));

// Pages far above are folded, so that depth costs nothing. A search in the page unfolds them.
const unfold = ({ isIntersecting, target }) => isIntersecting && (target.hidden = false);
const above = new IntersectionObserver((seen) => seen.forEach(unfold), { rootMargin: "100%" });

function fold() {
  for (const page of pages()) {
    const [{ top }, { bottom }] = [page.firstElementChild, page.lastElementChild].map((card) => card.getBoundingClientRect());
    if (bottom > -FAR * innerHeight) return;
    page.style.blockSize = `${bottom - top}px`;
    page.hidden = "until-found";
    above.observe(page);
  }
}

// YouTube's own sign for a missing picture is 120 px wide: ours is better.
function judge(image) {
  if (!image.matches?.("img.thumb") || !image.complete || ![0, 120].includes(image.naturalWidth)) return;
  if (image.dataset.fallback) image.src = image.dataset.fallback;
  else image.classList.add("missing");
  delete image.dataset.fallback;
}

["load", "error"].forEach((name) => on(name, (event) => judge(event.target), true));
all("img.thumb").forEach(judge);
on("video", apply);
on("videos-changed", (event) => fetchSoon(event.detail.ids));
// Not before the answer found its place: what asked for it may be on a card that goes.
on("entries-removed", ({ detail }) => setTimeout(() => detail.ids.forEach((id) => find(id)?.remove())));
// What waited leaves the list with a cancelled import.
on("imports-changed", fetchImporting);
on("imports", ({ detail }) => {
  if (detail.some(({ state }) => state === "cancelled")) fetchImporting();
});
on("ask", () => {
  fetchImporting();
  newer();
});
// A card that came over two ways at once is shown once.
on("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  if (target.id === "cards") fragment.querySelectorAll(".card").forEach((card) => find(idOf(card)) && card.remove());
});
on("htmx:afterOnLoad", followAll);
on("htmx:afterSwap", fold);
followAll();
