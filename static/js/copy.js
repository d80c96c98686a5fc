// `data-copy` copies the text of the element with that id, and says so on the button for a moment.
import { byId, on } from "./dialog.js";

const SHOWN = 1200; // milliseconds

on("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) {
    return;
  }
  await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
  const label = button.querySelector("span");
  if (button.dataset.before === undefined) {
    button.dataset.before = label.textContent;
  }
  label.textContent = button.dataset.done;
  setTimeout(() => {
    label.textContent = button.dataset.before;
  }, SHOWN);
});
