/* Line icons and avatars, drawn here so that the page needs nothing from elsewhere. */

import { h } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";

const PATHS = {
  hash: "M8 3.5 6.3 16.5M13.7 3.5 12 16.5M3.5 7.5h13.5M3 12.5h13.5",
  close: "m5 5 10 10M15 5 5 15",
  back: "M12.5 4.5 7 10l5.5 5.5",
  down: "m5.5 8 4.5 4.5L14.5 8",
  more: "M10 4.6v.8M10 9.6v.8M10 14.6v.8",
  reply:
    "M10 3.5c4 0 7 2.6 7 6s-3 6-7 6a8.5 8.5 0 0 1-2.3-.3L4 16.8l.9-3A5.6 5.6 0 0 1 3 9.5c0-3.4 3-6 7-6Z",
  bolt: "M11.2 2.8 4.5 11.3h4.7l-.6 5.9 6.9-8.7h-4.8z",
  send: "m3.5 4 13.5 6-13.5 6 1.6-6zM5.1 10H10",
  eye: "M2.5 10S5 5.2 10 5.2 17.5 10 17.5 10 15 14.8 10 14.8 2.5 10 2.5 10ZM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  file: "M5 3h6.5L15.5 7v10H5zM11.5 3v4h4M7.5 10.5h5.5M7.5 13.5h5.5",
  download: "M10 3.5v9M6.2 9 10 12.8 13.8 9M4 16.5h12",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z",
  check: "m4.5 10.5 3.7 3.7 7.3-8",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4",
  info: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 9v4.5M10 6.5h.01",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.2h.01",
};

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Return the line icon *name*, hidden from screen readers: its button carries the words. */
export function icon(name, size = 18) {
  const frame = {
    viewBox: "0 0 20 20",
    width: size,
    height: size,
    class: "icon",
    "aria-hidden": "true",
  };
  return draw("svg", frame, draw("path", { d: PATHS[name] }));
}

const COLOURS = ["#2f7d57", "#a1417f", "#3f64ad", "#b3611a", "#6a55a6", "#b23b4e", "#4d6b1f"];

function initials(name) {
  const words = name
    .replace(/\(.*?\)|[^\p{L}\s]/gu, "")
    .trim()
    .split(/\s+/);
  return (words[0]?.[0] ?? "?").toUpperCase() + (words[1]?.[0] ?? "").toUpperCase();
}

function colourOf(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 3 + letter.charCodeAt(0)) >>> 0;
  return COLOURS[sum % COLOURS.length];
}

/** Return the square picture of a person (coloured initials) or an app (its icon). */
export function avatar(user, size = 36) {
  const style = `--size:${size}px`;
  if (user.is_bot) return h("img", { class: "avatar", src: "icon.svg", alt: "", style });
  if (user.id === "USLACKBOT")
    return h("span", { class: "avatar slackbot", style, "aria-hidden": "true" }, "♥");
  const props = {
    class: "avatar",
    style: `${style};background:${colourOf(user.id)}`,
    "aria-hidden": "true",
  };
  return h("span", props, initials(user.real_name || user.name));
}
