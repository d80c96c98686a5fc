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
// Stages whose card says something new besides ring and words.
const SPEAKING = new Set(["metadata", "complete", "error", "created"]);

const wanted = new Set();
let timer = 0;
let line = Promise.resolve(); // requests, one after the other

const grid = () => byId("cards");
// Where all lists are shown, a video has a card for each list that it is in.
const cardsOf = (id) => all(`.card[data-video-id="${id}"]`);
const idOf = (card) => Number(card.dataset.videoId);
const turn = (arc, percent) => arc.setAttribute("stroke-dashoffset", 100 - percent);

function apply({ detail: frame }) {
  for (const card of cardsOf(frame.video_id)) {
    if (frame.version > Number(card.dataset.version)) {
      show(frame, card);
    }
  }
}

function show(frame, card) {
  const ring = card.querySelector(".ring");
  if (ring && frame.stage !== "error") {
    ring.setAttribute("aria-valuenow", frame.progress);
    ring.querySelector("b").textContent = `${frame.progress}%`;
    turn(ring.querySelector(".arc"), frame.progress);
  }
  const words = card.querySelector(".stage");
  if (words) {
    words.textContent = grid().dataset[`stage${frame.stage}`] ?? words.textContent;
  }
  if (!ring || SPEAKING.has(frame.stage)) {
    return fetchSoon([frame.video_id]);
  }
  Object.assign(card.dataset, { version: frame.version, stage: frame.stage });
}

function fetchSoon(ids) {
  for (const id of ids) {
    wanted.add(Number(id));
  }
  if (wanted.size && !timer) {
    timer = setTimeout(fetchWanted, GATHER);
  }
}

async function fetchWanted() {
  const ids = [...wanted].slice(0, MOST);
  for (const id of ids) {
    wanted.delete(id);
  }
  const here = ids.filter((id) => cardsOf(id).length);
  let page = null;
  if (here.length) {
    page = await get(`${grid().dataset.url}?ids=${here}`);
  }
  if (page) {
    await renewAll([...page.querySelectorAll(".card")]);
    removeAllBut(page, here);
  }
  timer = 0;
  if (page || !here.length) {
    return fetchSoon([]);
  }
  // The server is away, and no frame will say this version again.
  for (const id of here) {
    wanted.add(id);
  }
  timer = setTimeout(fetchWanted, AGAIN);
}

// Renews a few cards per frame of the screen, so that scrolling stays smooth.
async function renewAll(cards) {
  for (const [i, fresh] of cards.entries()) {
    if (i > 0 && i % AT_ONCE === 0) {
      await new Promise((go) => setTimeout(go, FRAME));
    }
    renew(fresh);
  }
}

// Asked for and not answered: these have left the list.
function removeAllBut(page, ids) {
  for (const card of ids.flatMap(cardsOf)) {
    if (!page.getElementById(card.id)) {
      card.remove();
    }
  }
}

const fetchImporting = () => fetchSoon(all(".card.importing").map(idOf));

function renew(fresh) {
  const card = byId(fresh.id);
  if (!card) {
    return;
  }
  if (Number(fresh.dataset.version) < Number(card.dataset.version)) {
    return fetchSoon([idOf(card)]);
  }
  const arc = card.querySelector(".arc");
  if (arc && fresh.dataset.stage === "complete") {
    turn(arc, 100);
  }
  morph(card, fresh);
  card.querySelectorAll("img.thumb").forEach(judge);
  if (card.querySelector("[hx-post]")) {
    htmx.process(card);
  }
}

// New ones on top, from elsewhere.
export function newer() {
  line = line
    .then(() => {
      const top = grid()?.querySelector(".card")?.dataset.position ?? 0;
      if (grid()?.dataset.newest !== undefined) {
        return htmx.ajax("GET", `${grid().dataset.url}?since=${top}`, {
          target: "#cards",
          swap: "none",
        });
      }
    })
    .catch(() => {}); // the server is away: asked again
}

const pages = () =>
  [...(grid()?.children ?? [])].filter((page) => page.childElementCount && !page.hidden);
const followAll = () =>
  follow(
    pages()
      .flatMap((page) => [...page.children])
      .map(idOf),
  );

// Pages far above are folded, so that depth costs nothing. A search in the page unfolds them.
function unfold(seen) {
  for (const { isIntersecting, target } of seen) {
    if (isIntersecting) {
      target.hidden = false;
    }
  }
}

const above = new IntersectionObserver(unfold, { rootMargin: "100%" });

function fold() {
  for (const page of pages()) {
    const { top } = page.firstElementChild.getBoundingClientRect();
    const { bottom } = page.lastElementChild.getBoundingClientRect();
    if (bottom > -FAR * innerHeight) {
      return;
    }
    page.style.blockSize = `${bottom - top}px`;
    page.hidden = "until-found";
    above.observe(page);
  }
}

// YouTube's own sign for a missing picture is 120 px wide: ours is better.
function judge(image) {
  if (!image.matches?.("img.thumb") || !image.complete) {
    return;
  }
  if (image.naturalWidth !== 0 && image.naturalWidth !== 120) {
    return;
  }
  if (image.dataset.fallback) {
    image.src = image.dataset.fallback;
  } else {
    image.classList.add("missing");
  }
  delete image.dataset.fallback;
}

for (const name of ["load", "error"]) {
  on(name, (event) => judge(event.target), true);
}
all("img.thumb").forEach(judge);
on("video", apply);
on("videos-changed", (event) => fetchSoon(event.detail.ids));
// Not before the answer found its place: what asked for it may be on a card that goes.
on("entries-removed", ({ detail }) => {
  setTimeout(() => {
    for (const id of detail.ids) {
      const cards = cardsOf(id);
      if (cards.length === 1) {
        cards[0].remove();
      } else {
        fetchSoon([id]); // of several lists: the server says which
      }
    }
  });
});
// What waited leaves the list with a cancelled import.
on("imports-changed", fetchImporting);
on("imports", ({ detail }) => {
  if (detail.some(({ state }) => state === "cancelled")) {
    fetchImporting();
  }
});
on("ask", () => {
  fetchImporting();
  newer();
});
// A card that came over two ways at once is shown once.
on("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  if (target.id !== "cards") {
    return;
  }
  for (const card of fragment.querySelectorAll(".card")) {
    if (byId(card.id)) {
      card.remove();
    }
  }
});
on("htmx:afterOnLoad", followAll);
on("htmx:afterSwap", fold);
followAll();
