/* Builds DOM nodes. Untrusted text only ever becomes a text node: nothing here parses HTML. */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "htmlFor"]);

/** Return a new element; `on…` props are listeners, null and false props are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") setData(node, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  node.append(...solid(children));
  return node;
}

function setData(node, data) {
  for (const [name, value] of Object.entries(data))
    if (value !== undefined) node.dataset[name] = value;
}

/** Return *children* flat, without the empty ones. */
function solid(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replace all that is in *node*. */
export function fill(node, ...children) {
  node.replaceChildren(...solid(children));
  return node;
}

/** Return a plain button with an accessible name; *content* is what is seen. */
export function iconButton(label, content, onclick, props = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", title: label, "aria-label": label, onclick, ...props },
    content,
  );
}

/** Return an id that no other call returned. */
export function uniqueId(prefix = "x") {
  uniqueId.count = (uniqueId.count ?? 0) + 1;
  return `${prefix}-${uniqueId.count}`;
}

/** Return *url* if a page may link to it, else null: `javascript:` and its kind never pass. */
export function safeUrl(url) {
  return /^(https?:\/\/|mailto:)/i.test(url ?? "") ? url : null;
}

/** Return *call* held back until *ms* have passed without another call. */
export function debounced(call, ms) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), ms);
  };
}

/** Keep *popup* beside *anchor* inside the window, below it if there is room. */
export function placeBeside(popup, anchor, { align = "start", minWidth = 0 } = {}) {
  const box = anchor.getBoundingClientRect();
  popup.style.minWidth = `${Math.max(minWidth, 0)}px`;
  const { offsetWidth: width, offsetHeight: height } = popup;
  const left = align === "end" ? box.right - width : box.left;
  const below = box.bottom + 4;
  const top =
    below + height > innerHeight - 8 && box.top > height + 8 ? box.top - height - 4 : below;
  popup.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  popup.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
}

/** Return where a popup of *anchor* must live: inside its dialog, or it could not be clicked. */
export function popupHost(anchor) {
  return anchor.closest("dialog") ?? document.body;
}

/** Tell screen readers *text* without moving anything. */
export function announce(text) {
  fill(document.getElementById("announcer"), h("p", null, text));
}

/** Show *text* for some seconds at the bottom of the window. */
export function toast(text, level = "info") {
  const note = h("div", { class: `toast toast-${level}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 7000);
}

const focusKey = (node) => node.dataset.action ?? node.getAttribute("href") ?? node.id;

/**
 * Run *redraw*; if it replaced the focused element of *root*, focus the one that took its place in
 * *within*, or that part itself: never the like-named button of another card.
 */
export function keepFocus(root, redraw, within = () => root) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const key = active && focusKey(active);
  const caret =
    active && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  redraw();
  if (!active || active.isConnected) return;
  active.dispatchEvent(new FocusEvent("blur")); // not sent by itself when an element is removed
  const part = within();
  const again =
    key &&
    [...(part?.querySelectorAll("[data-action], [href], [id]") ?? [])].find(
      (node) => focusKey(node) === key,
    );
  (again || part)?.focus();
  if (again && caret && caret[0] !== null) again.setSelectionRange?.(...caret);
}
