/* A popup menu: overflow elements, message actions, shortcuts. Arrows move, Esc closes. */

import { h, placeBeside, popupHost } from "./dom.js";

let closeOpen = null;

function move(items, event) {
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}

/** Open a menu beside *anchor*; *entries* are {label, hint?, danger?, run}. */
export function openMenu(
  anchor,
  entries,
  { label, align = "start", empty = "Nothing here." } = {},
) {
  closeOpen?.();
  const items = entries.map(({ label: words, hint, danger, run }) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: `menu-item${danger ? " danger" : ""}`,
        onclick: () => {
          close();
          run();
        },
      },
      h("span", null, words),
      hint && h("small", null, hint),
    ),
  );
  const note = items.length ? null : h("p", { class: "menu-empty" }, empty);
  const menu = h(
    "div",
    { class: "popup menu", role: "menu", "aria-label": label ?? "Menu" },
    items,
    note,
  );
  const outside = (event) =>
    menu.contains(event.target) || anchor.contains(event.target) || close(false);
  function close(refocus = true) {
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    closeOpen = null;
    if (refocus && anchor.isConnected) anchor.focus();
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else move(items, event);
  });
  popupHost(anchor).append(menu);
  anchor.setAttribute("aria-expanded", "true");
  placeBeside(menu, anchor, { align, minWidth: 220 });
  document.addEventListener("pointerdown", outside, true);
  closeOpen = close;
  items[0]?.focus();
}
