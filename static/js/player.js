// The video page: the player comes with the first click, tells its time, and chapters and transcript follow it.
const page = document.querySelector(".video[data-youtube]");
const PLAYER = "https://www.youtube-nocookie.com";
let frame = null;
let cues = [];
let current = null;
let following = true;

function play(seconds = 0) {
  if (frame) return command("seekTo", [seconds, true]) || command("playVideo", []);
  const address = new URL(`${PLAYER}/embed/${page.dataset.youtube}`);
  const wanted = { autoplay: 1, enablejsapi: 1, playsinline: 1, rel: 0, start: Math.floor(seconds), origin: location.origin, hl: document.documentElement.lang };
  Object.entries(wanted).forEach(([name, value]) => address.searchParams.set(name, value));
  frame = document.createElement("iframe");
  Object.assign(frame, { src: address, title: page.dataset.title, allow: "autoplay; fullscreen; picture-in-picture; encrypted-media", referrerPolicy: "strict-origin-when-cross-origin" });
  frame.onload = () => post({ event: "listening", id: 1, channel: "widget" });
  document.getElementById("player").replaceChildren(frame);
}

const post = (message) => frame.contentWindow.postMessage(JSON.stringify(message), PLAYER);
const command = (func, args) => post({ event: "command", func, args });

// What is being said --------------------------------------------------------------------------------------------------

function at(seconds) {
  mark(".chapters a", "seek", seconds);
  mark(".marks rect", "mark", seconds);
  let low = 0;
  for (let high = cues.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (cues[middle].t <= seconds) low = middle + 1;
    else high = middle;
  }
  const said = cues[low - 1]?.node;
  if (!said || said === current) return;
  current?.classList.remove("now");
  said.classList.add("now");
  current = said;
  if (following) keepInView();
}

function mark(selector, name, seconds) {
  const all = [...page.querySelectorAll(selector)];
  const now = all.findLast((node) => Number(node.dataset[name]) <= seconds);
  all.forEach((node) => (node === now ? node.setAttribute("aria-current", "true") : node.removeAttribute("aria-current")));
}

function keepInView() {
  const box = current.closest(".transcript-text");
  const offset = current.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  box.scrollBy({ top: offset, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function follow(on) {
  following = on;
  const button = page.querySelector("[data-follow]");
  if (button) button.hidden = on || !current;
  if (on && current) keepInView();
}

// Searching: the browser's own highlights, so that the text stays as it is --------------------------------------------

let found = [];
let shown = -1;

function search(words) {
  found = [];
  const text = words.trim().toLocaleLowerCase();
  if (text.length > 1)
    for (const { node } of cues) {
      const inside = node.firstChild.data.toLocaleLowerCase();
      for (let i = inside.indexOf(text); i >= 0; i = inside.indexOf(text, i + text.length)) found.push(rangeOf(node.firstChild, i, text.length));
    }
  CSS.highlights?.set("found", new Highlight(...found));
  shown = -1;
  next(1, text.length > 1);
}

function rangeOf(node, start, length) {
  const range = new Range();
  range.setStart(node, start);
  range.setEnd(node, Math.min(start + length, node.length));
  return range;
}

function next(by, say = true) {
  shown = found.length ? (shown + by + found.length) % found.length : -1;
  page.querySelector(".transcript-search output").textContent = say ? `${shown + 1} / ${found.length}` : "";
  CSS.highlights?.set("found-now", new Highlight(...(found[shown] ? [found[shown]] : [])));
  if (!found[shown]) return;
  follow(false);
  found[shown].startContainer.parentElement.scrollIntoView({ block: "center" });
}

// Quoting -------------------------------------------------------------------------------------------------------------

function quoted() {
  const selection = getSelection();
  const from = selection.isCollapsed ? null : selection.anchorNode?.parentElement?.closest("#transcript [data-t]");
  const to = selection.isCollapsed ? null : selection.focusNode?.parentElement?.closest("#transcript [data-t]");
  return from && to ? { text: selection.toString().replace(/\s+/g, " ").trim(), seconds: Math.floor(Math.min(from.dataset.t, to.dataset.t)) } : null;
}

const clock = (s) => [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].slice(s < 3600 ? 1 : 0).map((n, i) => (i ? String(n).padStart(2, "0") : n)).join(":");

async function copy(button) {
  const quote = quoted();
  if (!quote) return;
  await navigator.clipboard.writeText(`“${quote.text}”\n${page.dataset.title}, ${clock(quote.seconds)}\nhttps://youtu.be/${page.dataset.youtube}?t=${quote.seconds}`);
  const words = button.querySelector("span");
  const before = words.textContent;
  words.textContent = button.dataset.done;
  setTimeout(() => ((words.textContent = before), (button.hidden = true)), 1200);
}

if (page) {
  document.addEventListener("click", (event) => {
    const seek = event.target.closest("[data-seek]") ?? event.target.closest("[data-t]");
    if (event.target.closest("[data-quote]")) return copy(event.target.closest("[data-quote]"));
    if (event.target.closest("[data-follow]")) return follow(true);
    if (!document.getElementById("player") || event.ctrlKey || event.metaKey || !getSelection().isCollapsed) return;
    if (seek) follow(true);
    if (seek || event.target.closest("[data-play]")) event.preventDefault();
    if (seek) at(Number(seek.dataset.seek ?? seek.dataset.t));
    if (seek || event.target.closest("[data-play]")) play(Number(seek?.dataset.seek ?? seek?.dataset.t ?? 0));
  });
  addEventListener("message", (event) => {
    if (event.origin !== PLAYER || event.source !== frame?.contentWindow) return;
    const time = JSON.parse(event.data).info?.currentTime;
    if (typeof time === "number") at(time);
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "transcript") return;
    cues = [...event.target.querySelectorAll("[data-t]")].map((node) => ({ node, t: Number(node.dataset.t) }));
  });
  for (const kind of ["wheel", "touchmove"]) page.querySelector("#transcript")?.addEventListener(kind, () => follow(false), { passive: true });
  const field = page.querySelector("[data-find]");
  field?.addEventListener("input", () => search(field.value));
  field?.addEventListener("keydown", (event) => event.key === "Enter" && next(event.shiftKey ? -1 : 1));
  document.addEventListener("selectionchange", () => {
    const button = page.querySelector("[data-quote]");
    if (button) button.hidden = !quoted();
  });
}
