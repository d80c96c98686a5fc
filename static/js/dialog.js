// Dialogs: `data-open` opens one by id, `data-close` closes the one around it, a fragment swapped into #dialog opens it.
const shared = document.getElementById("dialog");

export function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return dialog;
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("opened", { bubbles: true }));
  return dialog;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener && !event.ctrlKey && !event.metaKey && open(opener.dataset.open)) {
    event.preventDefault();
    opener.closest("[popover]")?.hidePopover();
    return;
  }
  const dialog = event.target.closest("dialog[open]");
  if (!dialog) return;
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  } else if (event.target === dialog && event.detail && outside(dialog, event)) dialog.close();
});

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== shared || shared.open) return;
  document.querySelectorAll(".menu:popover-open").forEach((menu) => menu.hidePopover());
  shared.showModal();
});
