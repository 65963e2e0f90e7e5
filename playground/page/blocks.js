/* Renders Block Kit: blocks in, DOM nodes out. */

import { h, safeUrl, uniqueId } from "./dom.js";
import { renderElement } from "./elements.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** Return the nodes of a text object. */
export function textObject(text) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, text);
  return withEmoji(text.text ?? "")
    .split("\n")
    .flatMap((line, at) => (at ? [h("br"), line] : [line]));
}

function section(block, surface) {
  const context = { surface, blockId: block.block_id, dispatches: true };
  return h(
    "div",
    { class: `section${block.accessory ? " with-accessory" : ""}` },
    h(
      "div",
      { class: "section-main" },
      block.text && h("div", { class: "text" }, textObject(block.text)),
      block.fields &&
        h(
          "div",
          { class: "fields" },
          block.fields.map((field) => h("div", { class: "text" }, textObject(field))),
        ),
    ),
    block.accessory && h("div", { class: "accessory" }, renderElement(block.accessory, context)),
  );
}

function contextBlock(block) {
  const parts = (block.elements ?? []).map((element) => {
    if (element.type !== "image") return h("span", { class: "text" }, textObject(element));
    const src = safeUrl(element.image_url);
    return src && h("img", { src, alt: element.alt_text ?? "" });
  });
  return h("div", { class: "context" }, parts);
}

function actions(block, surface) {
  const context = { surface, blockId: block.block_id, dispatches: true };
  return h(
    "div",
    { class: "actions" },
    (block.elements ?? []).map((element) => renderElement(element, context)),
  );
}

function imageBlock(block) {
  const src = safeUrl(block.image_url);
  const caption = block.title && h("figcaption", null, textObject(block.title));
  return h(
    "figure",
    { class: "image" },
    caption,
    src && h("img", { src, alt: block.alt_text ?? "" }),
  );
}

const GROUPS = new Set(["radio_buttons", "checkboxes"]);

function input(block, surface) {
  const id = uniqueId("field");
  const words = [
    textObject(block.label),
    block.optional && h("span", { class: "optional" }, " (optional)"),
  ];
  const isGroup = GROUPS.has(block.element.type);
  const label = h(
    isGroup ? "div" : "label",
    { class: "field-label", id: `${id}-label`, for: isGroup ? null : id },
    words,
  );
  const context = {
    surface,
    blockId: block.block_id,
    dispatches: block.dispatch_action ?? false,
    id,
    optional: block.optional,
  };
  const hint = block.hint && h("div", { class: "hint", id: `${id}-hint` }, textObject(block.hint));
  const node = renderElement(block.element, context);
  const control = node.matches("input, textarea, [role]")
    ? node
    : node.querySelector("input, textarea");
  if (hint) control?.setAttribute("aria-describedby", hint.id);
  if (!block.optional) control?.setAttribute("aria-required", "true");
  return h(
    "div",
    { class: "field" },
    label,
    node,
    h("div", { class: "field-error", id: `${id}-error`, role: "alert" }),
    hint,
  );
}

function alertBlock(block) {
  const level = ["info", "warning", "error", "success"].includes(block.level)
    ? block.level
    : "default";
  const mark = { warning: "warning", error: "warning", success: "check" }[level] ?? "info";
  return h(
    "div",
    { class: `alert ${level}`, role: "note" },
    icon(mark),
    h("div", { class: "text" }, textObject(block.text)),
  );
}

function cell(content, tag, setting) {
  const inside =
    content.type === "rich_text" ? richText(content) : String(content.text ?? content.value ?? "");
  return h(
    tag,
    { class: `align-${setting?.align ?? "left"}${setting?.is_wrapped ? " wrapped" : ""}` },
    inside,
  );
}

function table(block) {
  const [head, ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const line = (cells, tag) =>
    h(
      "tr",
      null,
      cells.map((content, at) => cell(content, tag, settings[at])),
    );
  return h(
    "div",
    { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      null,
      head && h("thead", null, line(head, "th")),
      h(
        "tbody",
        null,
        rows.map((cells) => line(cells, "td")),
      ),
    ),
  );
}

const BLOCKS = {
  section,
  actions,
  input,
  table,
  context: contextBlock,
  image: imageBlock,
  alert: alertBlock,
  divider: () => h("hr"),
  header: (block) => h("h3", { class: "header" }, textObject(block.text)),
  rich_text: richText,
  markdown: (block) => markdown(block.text),
};

/** Return the nodes of *blocks* on *surface*; each carries its block_id. */
export function renderBlocks(blocks, surface) {
  return (blocks ?? []).map((block) => {
    const node =
      BLOCKS[block.type]?.(block, surface) ??
      h("div", { class: "unknown" }, `[${block.type} is not shown in the playground]`);
    node.classList.add("block");
    if (block.block_id) node.dataset.block = block.block_id;
    return node;
  });
}
