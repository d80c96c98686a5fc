// `data-open` opens a dialog by id, `data-close` closes the one around it, and a fragment that is
// swapped into #dialog opens it.
export const byId = (id) => document.getElementById(id);
export const all = (selector) => [...document.querySelectorAll(selector)];
export const on = (name, act, capture) => document.addEventListener(name, act, capture);

export function open(id) {
  const dialog = byId(id);
  if (!dialog || dialog.open) {
    return dialog;
  }
  document.activeElement.closest(":popover-open")?.hidePopover(); // its button gets the focus back
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("opened", { bubbles: true }));
  return dialog;
}

on("click", (event) => {
  const opener = event.target.closest("[data-open]");
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
    return;
  }
  if (!opener || event.ctrlKey || event.metaKey) {
    return;
  }
  if (open(opener.dataset.open)) {
    event.preventDefault();
  }
});
on("htmx:afterSwap", (event) => {
  if (event.target.id === "dialog") {
    open("dialog");
  }
});
