/* One shell for every dialog: title, body, footer, focus kept inside, Esc closes. */

import { h, iconButton, uniqueId } from "./dom.js";
import { icon } from "./icons.js";

const FOCUSABLE =
  "button:not([disabled]), a[href], input:not([disabled]), textarea, select, [tabindex='0']";

function keepFocusInside(dialog, event) {
  if (event.key !== "Tab") return;
  const stops = [...dialog.querySelectorAll(FOCUSABLE)].filter(
    (node) => node.offsetParent !== null,
  );
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (!stops.length || document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

/**
 * Open a modal dialog and return its parts. *onClose* is asked at ✕ and Esc; it calls `close()`.
 * Focus goes back to where it was when the dialog is closed.
 */
export function openDialog({ title, className = "", onClose, role = "dialog" }) {
  const heading = h("h2", { class: "dialog-title", id: uniqueId("dialog") }, title);
  const lead = h("div", { class: "dialog-lead" });
  const body = h("div", { class: "dialog-body" });
  const footer = h("div", { class: "dialog-footer" });
  const cross = iconButton("Close", icon("close", 20), () => onClose());
  const head = h("div", { class: "dialog-head" }, lead, heading, cross);
  const dialog = h(
    "dialog",
    { class: `dialog ${className}`, role, "aria-labelledby": heading.id, "aria-modal": "true" },
    head,
    body,
    footer,
  );
  const before = document.activeElement;
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return keepFocusInside(dialog, event);
    event.preventDefault(); // a browser closes a dialog at the second Esc without asking
    onClose();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  const close = () => {
    dialog.close();
    dialog.remove();
    if (before?.isConnected) before.focus();
  };
  return { dialog, heading, lead, body, footer, close };
}

/** Focus the first field of *dialog*, or its first button. */
export function focusFirst(dialog) {
  const wanted =
    dialog.querySelector("[data-focus-on-load]") ??
    dialog.querySelector(".dialog-body :is(input, textarea, select)") ??
    dialog.querySelector(".dialog-footer .button:last-child") ??
    dialog.querySelector("button");
  wanted?.focus();
}
