// The browser's own notices, while the page is out of sight: a long import ended, or stands still.
// They are asked for only by the switch in the settings, and kept for this browser alone.
import { byId, on } from "./dialog.js";

const KEPT = "notices";
const panel = byId("browser-notices");
const told = new Set(); // each toast and banner is told of once

const isWanted = () => localStorage.getItem(KEPT) === "on";
const isOn = () => isWanted() && Notification.permission === "granted";

// Throws where only a service worker may show notices (Chrome on Android).
function show(title, body, tag) {
  const notice = new Notification(title, { body, tag, icon: "/static/img/icon.svg" });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}

function tell() {
  for (const each of document.querySelectorAll("[data-notice]")) {
    const tag = `${each.id} ${each.dataset.noticeTitle}`;
    if (told.has(tag)) {
      continue;
    }
    told.add(tag);
    if (document.hidden && isOn()) {
      show(each.dataset.noticeTitle, each.dataset.notice, tag);
    }
  }
}

function paint() {
  let state = "off";
  if (Notification.permission === "denied") {
    state = "blocked";
  } else if (isOn()) {
    state = "on";
  }
  panel.dataset.state = state;
  for (const part of panel.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== state;
  }
}

async function turnOn() {
  if ((await Notification.requestPermission()) === "granted") {
    try {
      show(panel.dataset.title, panel.dataset.sample, "sample");
      localStorage.setItem(KEPT, "on");
    } catch {
      panel.hidden = true; // nothing that is shown would ever come
    }
  }
  paint();
}

function turnOff() {
  localStorage.removeItem(KEPT);
  paint();
}

if ("Notification" in window) {
  on("imports-shown", tell);
  tell();
  if (panel) {
    panel.hidden = false;
    paint();
    panel.querySelector("[data-when=off] button").addEventListener("click", turnOn);
    panel.querySelector("[data-when=on] button").addEventListener("click", turnOff);
  }
}
