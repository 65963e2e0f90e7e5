/* Renders block elements: buttons and overflow here, the others from their own modules. */

import { h, safeUrl } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";
import { checkboxes, picker, radioButtons, textInput } from "./inputs.js";
import { openMenu } from "./menu.js";
import { select } from "./selects.js";
import { agreed } from "./surface.js";

function openUrl({ url }) {
  if (safeUrl(url)) window.open(url, "_blank", "noopener");
}

function button(element, { surface, blockId }) {
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const node = h(
    "button",
    {
      type: "button",
      class: `button small ${style}`,
      "aria-label": element.accessibility_label,
      data: { action: `${blockId}/${element.action_id}` },
      onclick: async () => {
        if (node.classList.contains("busy") || !(await agreed(element))) return;
        openUrl(element);
        node.classList.add("busy");
        await surface.send(blockId, element, { value: element.value });
        node.classList.remove("busy");
      },
    },
    withEmoji(element.text?.text ?? ""),
  );
  return node;
}

function overflow(element, { surface, blockId }) {
  const entries = (element.options ?? []).map((option) => ({
    label: withEmoji(option.text?.text ?? ""),
    hint: option.description?.text,
    run: async () => {
      if (!(await agreed(element))) return;
      openUrl(option);
      await surface.send(blockId, element, { selected_option: option });
    },
  }));
  const node = h(
    "button",
    {
      type: "button",
      class: "button small overflow",
      "aria-label": "More options",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { action: `${blockId}/${element.action_id}` },
      onclick: () => openMenu(node, entries, { label: "More options", align: "end" }),
    },
    icon("more"),
  );
  return node;
}

function image(element) {
  const src = safeUrl(element.image_url);
  return src
    ? h("img", { class: "accessory-image", src, alt: element.alt_text ?? "" })
    : h("span", null, element.alt_text);
}

const ELEMENTS = {
  button,
  overflow,
  image,
  plain_text_input: textInput,
  number_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  datepicker: picker,
  timepicker: picker,
  datetimepicker: picker,
  radio_buttons: radioButtons,
  checkboxes,
};

/**
 * Return the node of *element*. The context: {surface, blockId, dispatches} and, in an input block,
 * {id, optional}: the id that its label is for.
 */
export function renderElement(element, context) {
  const render = ELEMENTS[element.type] ?? (element.type?.endsWith("_select") ? select : null);
  if (render) return render(element, context);
  return h("span", { class: "unknown" }, `[${element.type} is not shown in the playground]`);
}
