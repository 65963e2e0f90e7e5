/* Renders the markdown block: headings, lists, fences, quotes, rules and the usual inline marks. */

import { h } from "./dom.js";
import { emoji, link } from "./mrkdwn.js";

const INLINE = new RegExp(
  [
    "`(?<code>[^`]+)`",
    "\\[(?<label>[^\\]]+)\\]\\((?<url>[^)\\s]+)\\)",
    "\\*\\*(?<bold>[^\\s](?:.*?[^\\s])?)\\*\\*",
    "~~(?<strike>[^\\s](?:.*?[^\\s])?)~~",
    "(?<![\\w*])[*_](?<italic>[^\\s*_](?:[^*_]*[^\\s*_])?)[*_](?![\\w*])",
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
  "gu",
);

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, match.index));
    const { code, label, url, bold, strike, italic, emoji: name } = match.groups;
    if (code) nodes.push(h("code", null, code));
    else if (url) nodes.push(link(url, inline(label)));
    else if (bold) nodes.push(h("strong", null, inline(bold)));
    else if (strike) nodes.push(h("s", null, inline(strike)));
    else if (italic) nodes.push(h("em", null, inline(italic)));
    else nodes.push(emoji(name));
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

const ITEM = /^\s*(?:[-*+]|(\d+)\.)\s+(?:\[([ xX])\]\s+)?(.*)$/;

function item([, , task, words]) {
  if (task === undefined) return h("li", null, inline(words));
  return h(
    "li",
    { class: "task" },
    h("input", { type: "checkbox", disabled: true, checked: task !== " ", "aria-label": words }),
    inline(words),
  );
}

const KINDS = [
  {
    test: /^#{1,6}\s/,
    make: (lines) =>
      lines.map((line) =>
        h("p", { class: "markdown-heading" }, inline(line.replace(/^#+\s+/, ""))),
      ),
  },
  {
    test: /^>/,
    make: (lines) => [
      h(
        "blockquote",
        null,
        lines.flatMap((line) => [inline(line.replace(/^>\s?/, "")), h("br")]),
      ),
    ],
  },
  { test: /^(-{3,}|\*{3,})\s*$/, make: () => [h("hr")] },
  {
    test: ITEM,
    make: (lines) => [
      h(
        ITEM.exec(lines[0])[1] ? "ol" : "ul",
        { class: "rich-list" },
        lines.map((line) => item(ITEM.exec(line))),
      ),
    ],
  },
  {
    test: /\S/,
    make: (lines) => [
      h(
        "p",
        null,
        lines.flatMap((line, at) => (at ? [h("br"), inline(line)] : [inline(line)])),
      ),
    ],
  },
];

function blocksOf(text) {
  const nodes = [];
  const lines = text.split("\n");
  const kindOf = (line) => KINDS.find((kind) => kind.test.test(line));
  for (let start = 0; start < lines.length;) {
    const kind = kindOf(lines[start]);
    let end = start + 1;
    while (end < lines.length && kindOf(lines[end]) === kind) end += 1;
    if (kind) nodes.push(...kind.make(lines.slice(start, end)));
    start = end;
  }
  return nodes;
}

/** Return the node of a markdown block's text. */
export function markdown(text) {
  const parts = String(text ?? "").split(/```[^\n]*\n([\s\S]*?)\n?```/);
  return h(
    "div",
    { class: "markdown" },
    parts.map((part, at) => (at % 2 ? h("pre", null, part) : blocksOf(part))),
  );
}
