// The import dialog: dropping, files, the draft, marks.
import { all, byId, on, open } from "./dialog.js";

const DRAFT = "draft";
const READABLE = ["text/uri-list", "text/plain", "text/html"];
const chosenFiles = new Map();
const field = () => byId("import-text");
const preview = () => htmx.trigger(field(), "preview");

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

function add(text) {
  const area = field();
  const parts = [area.value.trimEnd(), text.trim()].filter(Boolean);
  area.value = `${parts.join("\n")}\n`;
  keep(area);
  preview();
  area.scrollTop = area.scrollHeight;
}

function keep(area) {
  try {
    sessionStorage.setItem(DRAFT, area.value);
  } catch {} // no room: its field has it
}

// Small text goes where it can be changed; other files are sent as they are.
async function read(files) {
  for (const file of files) {
    if (/\.(txt|md)$/i.test(file.name) && file.size < 512 * 1024) {
      add(await file.text());
    } else {
      chosenFiles.set([file.name, file.size, file.lastModified].join(), file);
    }
  }
  send();
}

function send() {
  const [input, names] = byId("import-files").querySelectorAll("input, output");
  const kept = new DataTransfer();
  names.replaceChildren();
  chosenFiles.forEach((file, value) => {
    kept.items.add(file);
    names.append(
      make("button", {
        value,
        type: "button",
        className: "button small chip",
        title: names.title,
        textContent: `${file.name} ×`,
      }),
    );
  });
  input.files = kept.files;
  preview();
}

function takes({ dataTransfer }) {
  if (!field() || !dataTransfer) {
    return false;
  }
  return dataTransfer.types.some((type) => type === "Files" || READABLE.includes(type));
}

const hover = (now) => document.documentElement.classList.toggle("dropping", now);

on("dragover", (event) => {
  if (!takes(event)) {
    return;
  }
  event.preventDefault();
  hover(true);
});
on("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) {
    hover(false);
  }
});
on("drop", (event) => {
  hover(false);
  if (!takes(event)) {
    return;
  }
  event.preventDefault();
  open("import-dialog");
  const { files } = event.dataTransfer;
  if (files.length) {
    read([...files]);
    return;
  }
  const texts = READABLE.map((type) => event.dataTransfer.getData(type));
  add(texts.find((text) => text.trim()) ?? "");
});
on("change", ({ target }) => {
  if (target.matches(".import [type=file]")) {
    read([...target.files]);
  }
});

// Pasted outside of any field.
on("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (
    event.target.closest("input, textarea") ||
    !/youtu|[\w-]{11}/.test(text) ||
    !open("import-dialog")
  ) {
    return;
  }
  event.preventDefault();
  add(text);
});

// An answer knows the ticks of when it was asked for. Those that were set or cleared meanwhile stay
// as they are.
const ticks = new Map();
on("htmx:beforeSwap", ({ target }) => {
  if (target.id !== "preview") {
    return;
  }
  ticks.clear();
  for (const { id, checked } of all("#preview :is([type=checkbox], [type=radio])")) {
    ticks.set(id, checked);
  }
});
on("htmx:afterSwap", ({ target }) => {
  if (target.id !== "preview") {
    return;
  }
  for (const box of all("#preview :is([type=checkbox], [type=radio])")) {
    box.checked = ticks.get(box.id) ?? box.checked;
  }
});

const behind = () => document.querySelector(".import .behind");

// A copy behind the field shows the marks.
on("htmx:afterSwap", ({ target }) => {
  if (target.id !== "preview") {
    return;
  }
  const bad = new Set(all("#preview [data-line]").map((row) => row.dataset.line));
  const marked = (textContent) => make("mark", { textContent });
  const copies = [];
  for (const [i, text] of field().value.split("\n").entries()) {
    if (bad.has(`${i + 1}`)) {
      copies.push(marked(text));
    } else {
      copies.push(text);
    }
    copies.push("\n");
  }
  behind().replaceChildren(...copies);
  behind().scrollTop = field().scrollTop;
});

function scrollBehind({ target }) {
  if (target === field()) {
    behind().scrollTop = target.scrollTop;
  }
}

on("scroll", scrollBehind, true);
on("input", ({ target }) => {
  if (!target.matches("[data-draft]")) {
    return;
  }
  keep(target);
  behind().replaceChildren();
});
on("keydown", ({ key, ctrlKey, metaKey, target }) => {
  if (key === "Enter" && (ctrlKey || metaKey) && target.matches("[data-draft]")) {
    target.form.requestSubmit();
  }
});
on("click", (event) => {
  const area = field();
  if (event.target.matches(".file-names button")) {
    chosenFiles.delete(event.target.value);
    send();
    area.focus();
  }
  const line = event.target.closest("[data-line]")?.dataset.line;
  if (!line) {
    return;
  }
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + lines[line - 1].length);
});
on("opened", (event) => {
  const area = field();
  if (event.target.id !== "import-dialog") {
    return;
  }
  area.value ||= sessionStorage.getItem(DRAFT) ?? "";
  if (area.value) {
    preview();
  }
  area.focus();
});
on("imported", () => {
  sessionStorage.removeItem(DRAFT);
  chosenFiles.clear();
  byId("import-dialog")?.close();
  byId("import-form")?.reset();
  for (const each of all("#preview, .file-names, .import .behind")) {
    each.replaceChildren();
  }
});
// A bookmark's videos beyond what fits before the #.
addEventListener("load", () => {
  if (location.hash.startsWith("#v=")) {
    add(location.hash.slice(3).replace(/([^,]+),?/g, "https://youtu.be/$1\n"));
  }
});
