// The socket: what the server pushes becomes events on the document. When it cannot connect, the
// page asks instead.
// "video": a video's frame; "imports": its batch frames; "ask": now and then without a socket.
const sign = document.querySelector("[data-testid=connection]");
const POLL = 4000; // milliseconds
const LONGEST_WAIT = 20000;
const MOST = 2000; // videos the server follows for one page

const followed = new Set();
let socket = null;
let failures = 0;
let next = 0;

const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const isOpen = () => socket?.readyState === WebSocket.OPEN;

function tell(message) {
  if (isOpen()) {
    socket.send(JSON.stringify(message));
  }
}

function subscribe(ids) {
  if (ids.length) {
    tell({ action: "subscribe", video_ids: ids });
  }
}

export function follow(ids) {
  const fresh = ids.filter((id) => !followed.has(id));
  for (const id of fresh) {
    followed.add(id);
  }
  subscribe(fresh);
}

// A fragment, or null when nothing came. A session that ended leads the page to the login.
export async function get(address) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
  const answer = await fetch(address, { headers }).catch(() => null);
  if (!isOpen()) {
    show(answer ? "polling" : "offline");
  }
  const login = answer?.headers.get("HX-Redirect");
  if (login) {
    location.assign(login);
    return null;
  }
  if (!answer?.ok) {
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function show(state) {
  sign.dataset.state = state;
  sign.title = sign.dataset[`${state}Title`];
  sign.firstElementChild.textContent = sign.dataset[state];
}

function connect() {
  socket = new WebSocket(new URL(sign.dataset.socket, location.href.replace(/^http/, "ws")));
  socket.onopen = () => {
    failures = 0;
    show("live");
    subscribe([...followed].slice(-MOST));
    tell({ action: "sync" }); // the page may be older than what moved lately
  };
  socket.onmessage = ({ data }) => {
    const frames = [].concat(JSON.parse(data));
    const imports = frames.filter((frame) => frame.type === "import_batch");
    for (const frame of frames) {
      if (frame.type === "import_progress") {
        emit("video", frame);
      }
    }
    if (imports.length) {
      emit("imports", imports);
    }
  };
  socket.onclose = () => {
    // Full jitter.
    const longest = Math.min(LONGEST_WAIT, 1000 * 2 ** failures);
    failures += 1;
    next = setTimeout(connect, Math.random() * longest);
    show(navigator.onLine ? "polling" : "offline");
  };
}

function online() {
  if (isOpen()) {
    show("live");
  } else {
    again();
  }
}

function again() {
  if (document.hidden || socket.readyState !== WebSocket.CLOSED) {
    return;
  }
  clearTimeout(next);
  failures = 0;
  connect();
}

function ask() {
  if (!isOpen() && !document.hidden) {
    emit("ask");
  }
}

function close() {
  if (isOpen()) {
    socket.close();
  }
}

if (sign) {
  connect();
  setInterval(ask, POLL);
  addEventListener("online", online);
  addEventListener("offline", () => show("offline"));
  addEventListener("pagehide", close);
  document.addEventListener("visibilitychange", again);
}
