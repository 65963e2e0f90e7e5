/* Renders rich_text blocks: what they hold is never read as mrkdwn. */

import { h } from "./dom.js";
import { broadcast, channelLink, emoji, link, mention, moment } from "./mrkdwn.js";

const TAGS = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

function styled(node, style) {
  return Object.entries(TAGS).reduce(
    (inner, [name, tag]) => (style?.[name] ? h(tag, null, inner) : inner),
    node,
  );
}

function lines(text) {
  return text.split("\n").flatMap((line, number) => (number ? [h("br"), line] : [line]));
}

const LEAVES = {
  text: (leaf) => lines(leaf.text ?? ""),
  link: (leaf) => link(leaf.url, leaf.text || leaf.url),
  emoji: (leaf) => emoji(leaf.name),
  user: (leaf) => mention(leaf.user_id),
  usergroup: (leaf) => h("span", { class: "mention" }, `@${leaf.usergroup_id}`),
  channel: (leaf) => channelLink(leaf.channel_id),
  broadcast: (leaf) => broadcast(leaf.range),
  date: (leaf) => moment(leaf.timestamp, leaf.format, leaf.fallback, leaf.url),
  color: (leaf) => h("code", null, leaf.value),
};

function leaves(elements = []) {
  return elements.map((leaf) => styled(LEAVES[leaf.type]?.(leaf) ?? `[${leaf.type}]`, leaf.style));
}

function list(part) {
  const tag = part.style === "ordered" ? "ol" : "ul";
  const props = {
    class: `rich-list indent-${Math.min(part.indent ?? 0, 8)}`,
    start: part.offset ? part.offset + 1 : null,
  };
  return h(
    tag,
    props,
    (part.elements ?? []).map((item) => h("li", null, leaves(item.elements))),
  );
}

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rich-section" }, leaves(part.elements)),
  rich_text_list: list,
  rich_text_quote: (part) => h("blockquote", null, leaves(part.elements)),
  rich_text_preformatted: (part) =>
    h(
      "pre",
      null,
      (part.elements ?? []).map((leaf) => leaf.text ?? leaf.url ?? ""),
    ),
};

/** Return the node of a rich_text block (or of a cell that holds one). */
export function richText(block) {
  return h(
    "div",
    { class: "rich-text" },
    (block.elements ?? []).map((part) => PARTS[part.type]?.(part)),
  );
}
