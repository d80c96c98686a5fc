// The import dialog: drop anything anywhere, choose files, keep the draft, show the lines that were not understood.
import { open } from "./dialog.js";

const DRAFT = "draft";
const field = () => document.querySelector("[data-draft]");
const READABLE = ["text/uri-list", "text/plain", "text/html"];

function add(text) {
  const area = field();
  if (!area || !text.trim()) return;
  area.value = [area.value.trimEnd(), text.trim()].filter(Boolean).join("\n") + "\n";
  changed();
}

function changed() {
  const area = field();
  keep();
  window.htmx.trigger(area, "preview");
  area.scrollTop = area.scrollHeight;
}

function keep() {
  try {
    sessionStorage.setItem(DRAFT, field().value);
  } catch {
    // the storage is full or forbidden: the text is still in its field
  }
}

function restore() {
  const area = field();
  if (area && !area.value) area.value = sessionStorage.getItem(DRAFT) ?? "";
  if (area?.value) window.htmx.trigger(area, "preview");
  area?.focus();
}

// Small text goes where it can be read and changed; everything else (a Takeout archive, say) is sent as it is.
async function read(files) {
  open("import-dialog");
  const kept = new DataTransfer();
  for (const file of files) {
    if (/\.(txt|csv|tsv|md)$/i.test(file.name) && file.size < 512 * 1024) add(await file.text());
    else kept.items.add(file);
  }
  const input = document.querySelector(".import input[type=file]");
  input.files = kept.files;
  input.closest(".drop-zone").querySelector("output").textContent = [...kept.files].map((file) => file.name).join(", ");
}

// Dropping ------------------------------------------------------------------------------------------------------------

let depth = 0;
const takes = (event) => event.dataTransfer && [...event.dataTransfer.types].some((type) => type === "Files" || READABLE.includes(type));
const hover = (on) => document.documentElement.classList.toggle("dropping", on);

document.addEventListener("dragenter", (event) => takes(event) && field() && (depth++, hover(true)));
document.addEventListener("dragleave", () => --depth <= 0 && ((depth = 0), hover(false)));
document.addEventListener("dragover", (event) => takes(event) && field() && event.preventDefault());
document.addEventListener("drop", (event) => {
  depth = 0;
  hover(false);
  if (!takes(event) || !field()) return;
  event.preventDefault();
  if (event.dataTransfer.files.length) return read([...event.dataTransfer.files]);
  const text = READABLE.map((type) => event.dataTransfer.getData(type)).find((data) => data.trim()) ?? "";
  open("import-dialog");
  add(text);
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".import input[type=file]")) {
    read([...event.target.files]);
  }
  if (event.target.matches(".import select")) showNewList();
});

// An address pasted on the page, outside of any field, is meant for the import.
document.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (event.target.closest("input, textarea, [contenteditable]") || !/youtu|[\w-]{11}/.test(text) || !open("import-dialog")) return;
  event.preventDefault();
  add(text);
});

// The form ------------------------------------------------------------------------------------------------------------

function showNewList() {
  const form = document.getElementById("import-form");
  form?.classList.toggle("to-new", form.elements.video_list.value === "");
}

document.addEventListener("input", (event) => event.target.matches("[data-draft]") && keep());
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-draft]")) event.target.form.requestSubmit();
});
document.addEventListener("opened", (event) => event.target.id === "import-dialog" && (restore(), showNewList()));
document.addEventListener("imported", () => {
  sessionStorage.removeItem(DRAFT);
  const area = field();
  if (area) area.value = "";
  document.getElementById("preview")?.replaceChildren();
  document.getElementById("import-dialog")?.close();
});
document.addEventListener("click", (event) => {
  const line = Number(event.target.closest("[data-line]")?.dataset.line);
  if (!line) return;
  const lines = field().value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  field().focus();
  field().setSelectionRange(start, start + lines[line - 1].length);
});
showNewList();
