// The player comes with the first click; chapters and transcript follow it.
import { byId, on } from "./dialog.js";

const page = document.querySelector(".video[data-youtube]");
const text = byId("transcript");
const PLAYER = "https://www.youtube-nocookie.com";
let frame = null;
let cues = [];
let current = null;
let following = true;
const { arrive } = page.dataset; // the second a search leads to; undefined: nothing plays by itself

const part = (name) => page.querySelector(`[data-${name}]`);
const post = (message) => frame.contentWindow.postMessage(JSON.stringify(message), PLAYER);

function play(seconds) {
  const command = (func, ...args) => post({ event: "command", func, args });
  if (frame) {
    command("seekTo", seconds, true);
    return command("playVideo");
  }
  const wanted = {
    autoplay: 1,
    enablejsapi: 1,
    playsinline: 1,
    rel: 0,
    start: Math.floor(seconds),
    origin: location.origin,
    hl: document.documentElement.lang,
  };
  frame = Object.assign(document.createElement("iframe"), {
    src: `${PLAYER}/embed/${page.dataset.youtube}?${new URLSearchParams(wanted)}`,
    title: page.dataset.title,
    allow: "autoplay; fullscreen; picture-in-picture; encrypted-media",
    referrerPolicy: "strict-origin-when-cross-origin",
    onload: () => post({ event: "listening", id: 1, channel: "widget" }),
  });
  byId("player").replaceChildren(frame);
}

// Where one is, kept now and then so that the next visit goes on there

const KEEP = 10; // seconds of the video between two
let second = Number(page.dataset.start);
let kept = second;

function keep() {
  if (!frame || Math.abs(second - kept) < 1) {
    return;
  }
  kept = second;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ seconds: Math.floor(second), csrfmiddlewaretoken: token });
  navigator.sendBeacon(page.dataset.position, body);
}

const SAID = 1200; // milliseconds that a button says what it did

function sayDone(button, then) {
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => {
    label.textContent = before;
    then?.();
  }, SAID);
}

async function copyLink(button) {
  const link = `https://youtu.be/${page.dataset.youtube}?t=${Math.floor(second)}`;
  await navigator.clipboard.writeText(link);
  sayDone(button);
}

// What is said

function at(seconds) {
  for (const all of [".chapters a", ".marks rect"]) {
    const now = [...page.querySelectorAll(all)].findLast((node) => node.dataset.seek <= seconds);
    page.querySelector(`${all}[aria-current]`)?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "true");
  }
  const said = cues.findLast((node) => node.dataset.t <= seconds);
  if (!said || said === current) {
    return;
  }
  current?.classList.remove("now");
  said.classList.add("now");
  current = said;
  if (following) {
    follow(true);
  }
}

function follow(now) {
  following = now;
  if (part("follow")) {
    part("follow").hidden = now || !current;
  }
  if (!now || !current) {
    return;
  }
  reveal(current);
}

// Within the transcript's own scroll; the page stays where it is.
function reveal(node) {
  const box = text.getBoundingClientRect();
  const top = node.getBoundingClientRect().top - box.top - text.clientHeight / 3;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  text.scrollBy({ top, behavior: isCalm ? "auto" : "smooth" });
}

// Searching: the server marks what it finds, by the same rules as the search of everything.

let hits = []; // the marks of each hit, in the order of the text; a phrase over two cues has two
let shown = -1;

function readHits() {
  const byNumber = new Map();
  for (const mark of text.querySelectorAll("mark")) {
    const parts = byNumber.get(mark.dataset.hit) ?? [];
    parts.push(mark);
    byNumber.set(mark.dataset.hit, parts);
  }
  hits = [...byNumber.values()];
}

// The first hit at this second or after it, else the first of all.
function hitAt(seconds) {
  const after = hits.findIndex(([mark]) => Number(mark.closest("[data-t]").dataset.t) >= seconds);
  return Math.max(after, 0);
}

function showHit(number) {
  for (const mark of text.querySelectorAll("mark.here")) {
    mark.classList.remove("here");
  }
  shown = hits.length ? (number + hits.length) % hits.length : -1;
  const sought = part("find").value.trim();
  const output = page.querySelector(".transcript-search output");
  output.textContent = sought ? `${shown + 1} / ${hits.length}` : "";
  for (const button of page.querySelectorAll("[data-step]")) {
    button.hidden = hits.length < 2;
  }
  if (shown < 0) {
    return;
  }
  for (const mark of hits[shown]) {
    mark.classList.add("here");
  }
  reveal(hits[shown][0]);
}

function step(by) {
  follow(false);
  showHit(shown + by);
}

// The text is here, or here again with other marks.
function read() {
  cues = [...text.querySelectorAll("[data-t]")];
  current = null;
  readHits();
  const isFirst = arrive !== undefined && shown < 0;
  showHit(isFirst ? hitAt(Number(arrive)) : 0);
}

// Quoting

const cueOf = (node) => node?.parentElement?.closest("#transcript [data-t]");

function quoted() {
  const selection = getSelection();
  const from = cueOf(selection.anchorNode);
  const to = cueOf(selection.focusNode);
  if (selection.isCollapsed || !from || !to) {
    return null;
  }
  return {
    words: selection.toString().replace(/\s+/g, " ").trim(),
    seconds: Math.floor(Math.min(from.dataset.t, to.dataset.t)),
  };
}

const clock = (s) =>
  new Date(s * 1000)
    .toISOString()
    .slice(11, 19)
    .replace(/^(00:)?0?/, "");

async function copy(button) {
  const quote = quoted();
  if (!quote) {
    return;
  }
  const lines = [
    `“${quote.words}”`,
    `${page.dataset.title}, ${clock(quote.seconds)}`,
    `https://youtu.be/${page.dataset.youtube}?t=${quote.seconds}`,
  ];
  await navigator.clipboard.writeText(lines.join("\n"));
  sayDone(button, () => {
    button.hidden = true;
  });
}

on("click", (event) => {
  const near = (name) => event.target.closest(`[data-${name}]`);
  if (near("quote")) {
    return copy(near("quote"));
  }
  if (near("copy-link")) {
    return copyLink(near("copy-link"));
  }
  if (near("follow")) {
    return follow(true);
  }
  if (near("step")) {
    return step(Number(near("step").dataset.step));
  }
  const to = near("seek") ?? near("t");
  if (!byId("player") || !(to ?? near("play"))) {
    return;
  }
  if (event.ctrlKey || event.metaKey || !getSelection().isCollapsed) {
    return;
  }
  event.preventDefault();
  const seconds = Number(to?.dataset.seek ?? to?.dataset.t ?? page.dataset.start);
  second = seconds;
  if (to) {
    follow(true);
    at(seconds);
  }
  play(seconds);
});
addEventListener("message", (event) => {
  if (event.origin !== PLAYER || event.source !== frame?.contentWindow) {
    return;
  }
  const time = JSON.parse(event.data).info?.currentTime;
  if (typeof time !== "number") {
    return;
  }
  second = time;
  at(time);
  if (Math.abs(second - kept) >= KEEP) {
    keep();
  }
});
addEventListener("pagehide", keep);
on("htmx:afterSwap", (event) => {
  if (event.target === text) {
    read();
  }
});
on("selectionchange", () => {
  if (part("quote")) {
    part("quote").hidden = !quoted();
  }
});
for (const kind of ["wheel", "touchmove"]) {
  text?.addEventListener(kind, () => follow(false), { passive: true });
}
part("find")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    step(event.shiftKey ? -1 : 1);
  }
});
if (arrive !== undefined && byId("player")) {
  play(Number(arrive));
}
