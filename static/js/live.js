// The socket: what the server pushes becomes events on the document. When it cannot connect, the page asks instead.
//   "video"   detail: a frame newer than any before of that video
//   "imports" detail: the batch frames of one message
//   "ask"     every few seconds while there is no socket
const url = document.body.dataset.live;
const sign = document.querySelector("[data-testid=connection]");
const POLL = 4000; // milliseconds
const LONGEST_WAIT = 20000;
const GATHER = 50;

const newest = new Map(); // video id -> version: frames may arrive late or twice
const subscribed = new Set();
const coming = new Set();
const going = new Set();
let behind = 0;
let flushing = 0;
let socket = null;
let failures = 0;
let ends = 0;

export const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// What is asked for in the same moment is asked for in one message; `sync` when one of them may have moved meanwhile.
export function subscribe(ids, sync) {
  ids.forEach((id) => (subscribed.add(id), coming.add(id), going.delete(id)));
  behind ||= sync;
  flushing ||= setTimeout(flush, GATHER);
}

export function unsubscribe(ids) {
  ids.forEach((id) => (subscribed.delete(id), going.add(id), coming.delete(id)));
  flushing ||= setTimeout(flush, GATHER);
}

function flush() {
  if (coming.size) tell({ action: "subscribe", video_ids: [...coming] });
  if (going.size) tell({ action: "unsubscribe", video_ids: [...going] });
  if (behind) tell({ action: "sync" });
  coming.clear();
  going.clear();
  behind = flushing = 0;
}

// How the last answer came: a socket, an answered request, or neither.
export function reached(ok) {
  if (socket?.readyState !== WebSocket.OPEN) show(ok ? "polling" : "offline");
}

function show(state) {
  if (!sign) return;
  sign.dataset.state = state;
  sign.title = sign.dataset[`${state}Title`];
  sign.firstElementChild.textContent = sign.dataset[state];
}

function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect() {
  socket = new WebSocket(new URL(url, location.href.replace(/^http/, "ws")));
  socket.onopen = () => {
    failures = 0;
    show("live");
    if (subscribed.size) tell({ action: "subscribe", video_ids: [...subscribed] });
    tell({ action: "sync" });
  };
  socket.onmessage = ({ data }) => receive([].concat(JSON.parse(data)));
  socket.onclose = () => {
    // Full jitter: a thousand pages do not come back in the same moment.
    ends = setTimeout(connect, Math.random() * Math.min(LONGEST_WAIT, 1000 * 2 ** failures++));
    show(navigator.onLine ? "polling" : "offline");
  };
}

function receive(frames) {
  for (const frame of frames) {
    if (frame.type !== "import_progress" || frame.version <= (newest.get(frame.video_id) ?? -1)) continue;
    newest.set(frame.video_id, frame.version);
    emit("video", frame);
  }
  const imports = frames.filter((frame) => frame.type === "import_batch");
  if (imports.length) emit("imports", imports);
}

function again() {
  if (socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
  clearTimeout(ends);
  failures = 0;
  connect();
}

if (url) {
  connect();
  setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN && !document.hidden) emit("ask");
  }, POLL);
  addEventListener("online", again);
  addEventListener("offline", () => show("offline"));
  document.addEventListener("visibilitychange", () => document.hidden || again());
  addEventListener("pagehide", () => socket.readyState === WebSocket.OPEN && socket.close());
  addEventListener("pageshow", (event) => event.persisted && again());
}
