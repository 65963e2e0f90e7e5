/* The elements that one types or ticks: texts, numbers, dates, radio buttons, checkboxes. */

import { debounced, h, uniqueId } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** Return the words of an option's text object. */
const words = (text) => (text?.type === "mrkdwn" ? mrkdwn(text.text) : withEmoji(text?.text ?? ""));

function attributes(element, { id, blockId, name }) {
  const props = {
    id,
    placeholder: element.placeholder?.text,
    "aria-label": id ? null : (name ?? element.placeholder?.text ?? element.action_id),
    data: { action: `${blockId}/${element.action_id}` },
  };
  if (element.focus_on_load) props.data.focusOnLoad = "yes";
  return props;
}

const KEYBOARD = { number_input: "decimal", email_text_input: "email", url_text_input: "url" };

/** Return a text field: plain (single or multiline), number, email or url. */
export function textInput(element, context) {
  const { surface, blockId, dispatches } = context;
  const state = surface.field(blockId, element, { value: element.initial_value ?? null });
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const tell = () => surface.send(blockId, element, { value: state.value });
  const typed = debounced(tell, 300);
  const node = h(element.multiline ? "textarea" : "input", {
    ...attributes(element, context),
    class: "text-input",
    rows: element.multiline ? 4 : null,
    type: element.multiline ? null : "text",
    inputmode: KEYBOARD[element.type],
    maxlength: element.max_length,
    autocomplete: "off",
    value: state.value ?? "",
    oninput: () => {
      state.value = node.value === "" ? null : node.value;
      if (dispatches && triggers.includes("on_character_entered")) typed();
    },
    onkeydown: (event) => {
      if (
        event.key !== "Enter" ||
        element.multiline ||
        !dispatches ||
        !triggers.includes("on_enter_pressed")
      )
        return;
      event.preventDefault();
      tell();
    },
  });
  return node;
}

const PICKERS = {
  datepicker: { type: "date", field: "selected_date", initial: "initial_date" },
  timepicker: { type: "time", field: "selected_time", initial: "initial_time" },
  datetimepicker: {
    type: "datetime-local",
    field: "selected_date_time",
    initial: "initial_date_time",
  },
};

const localStamp = (epoch) => {
  const date = new Date(epoch * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Return a date, time, or date and time field. */
export function picker(element, context) {
  const { surface, blockId, dispatches } = context;
  const { type, field, initial } = PICKERS[element.type];
  const state = surface.field(blockId, element, { [field]: element[initial] ?? null });
  const isMoment = type === "datetime-local";
  const shown = state[field] === null ? "" : isMoment ? localStamp(state[field]) : state[field];
  const node = h("input", {
    ...attributes(element, context),
    class: "text-input picker",
    type,
    value: shown,
    onchange: async () => {
      const value = isMoment ? Math.floor(new Date(node.value) / 1000) : node.value;
      const done = await surface.change(
        blockId,
        element,
        { [field]: node.value ? value : null },
        dispatches,
      );
      if (!done) node.value = shown;
    },
  });
  return node;
}

function choice(element, context, type, isChosen, onchange) {
  const { id, name, blockId } = context;
  const group = uniqueId("choice");
  const rows = (element.options ?? []).map((option, at) => {
    const box = h("input", {
      type,
      name: group,
      checked: isChosen(option),
      data: { action: `${blockId}/${element.action_id}/${at}` },
      onchange: async () => {
        if (!(await onchange(option, box.checked)))
          rows.forEach((row, number) => {
            row.querySelector("input").checked = isChosen(element.options[number]);
          });
      },
    });
    return h(
      "label",
      { class: "choice" },
      box,
      h(
        "span",
        null,
        words(option.text),
        option.description && h("small", null, words(option.description)),
      ),
    );
  });
  const role = type === "radio" ? "radiogroup" : "group";
  return h(
    "div",
    {
      class: "choices",
      role,
      "aria-labelledby": id ? `${id}-label` : null,
      "aria-label": id ? null : name,
    },
    rows,
  );
}

/** Return a group of radio buttons. */
export function radioButtons(element, context) {
  const { surface, blockId, dispatches } = context;
  const state = surface.field(blockId, element, {
    selected_option: element.initial_option ?? null,
  });
  const isChosen = (option) => state.selected_option?.value === option.value;
  return choice(element, context, "radio", isChosen, (option) =>
    surface.change(blockId, element, { selected_option: option }, dispatches),
  );
}

/** Return a group of checkboxes. */
export function checkboxes(element, context) {
  const { surface, blockId, dispatches } = context;
  const state = surface.field(blockId, element, {
    selected_options: element.initial_options ?? [],
  });
  const isChosen = (option) => state.selected_options.some((one) => one.value === option.value);
  return choice(element, context, "checkbox", isChosen, (option, checked) => {
    const others = state.selected_options.filter((one) => one.value !== option.value);
    const all = checked ? [...others, option] : others;
    const inOrder = element.options.filter((one) =>
      all.some((chosen) => chosen.value === one.value),
    );
    return surface.change(blockId, element, { selected_options: inOrder }, dispatches);
  });
}
