/* Slack's select: a field that one types into and a list beneath it, for one value or several. */

import { debounced, fill, h, placeBeside, popupHost, uniqueId } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";

const labelOf = (option) => withEmoji(option?.text?.text ?? "");

/** A combobox; `node` is its element. Groups are {label, options}; *load* may be a promise of them. */
export class Combobox {
  constructor({
    id,
    name,
    placeholder,
    multi = false,
    max = Infinity,
    clearable = false,
    selected = [],
    load,
    onChange,
    data,
  }) {
    Object.assign(this, { multi, max, load, onChange, placeholder, selected, clearable });
    this.listId = uniqueId("list");
    this.options = [];
    this.active = -1;
    this.asked = 0;
    this.input = h("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.listId,
      "aria-label": id ? null : name,
      onclick: () => this.open(),
      oninput: () => this.search(this.input.value),
      onkeydown: (event) => this.key(event),
      onblur: () => this.close(),
      data,
    });
    this.search = debounced((query) => this.show(query), load.isRemote ? 200 : 0);
    this.chips = h("span", { class: "chips" });
    this.clear = h(
      "button",
      {
        type: "button",
        class: "combo-clear",
        "aria-label": "Clear selection",
        onclick: () => this.pick(null),
      },
      icon("close", 14),
    );
    this.node = h(
      "div",
      { class: `combo${multi ? " multi" : ""}` },
      this.chips,
      this.input,
      this.clear,
      icon("down", 16),
    );
    this.rest();
  }

  /** Show the chosen values as they are when nobody types. */
  rest() {
    const [first] = this.selected;
    this.input.value = this.multi ? "" : labelOf(first);
    this.input.placeholder = this.multi && first ? "" : this.placeholder;
    this.clear.hidden = this.multi || !this.clearable || !first;
    fill(this.chips, this.multi ? this.selected.map((option) => this.chip(option)) : []);
  }

  chip(option) {
    const remove = () => this.set(this.selected.filter((one) => one.value !== option.value));
    const cross = h(
      "button",
      { type: "button", "aria-label": `Remove ${labelOf(option)}`, onclick: remove },
      icon("close", 12),
    );
    return h("span", { class: "chip" }, labelOf(option), cross);
  }

  get isOpen() {
    return Boolean(this.popup?.isConnected);
  }

  open() {
    if (this.isOpen) return;
    this.popup = h("ul", {
      class: "popup listbox",
      role: "listbox",
      id: this.listId,
      "aria-multiselectable": this.multi ? "true" : null,
    });
    this.popup.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    popupHost(this.node).append(this.popup);
    this.input.setAttribute("aria-expanded", "true");
    this.input.select();
    this.show("");
  }

  close() {
    this.popup?.remove();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.rest();
  }

  async show(query) {
    if (!this.isOpen) this.open();
    const asked = (this.asked += 1);
    if (this.load.isRemote) this.say("Loading…");
    const answer = await this.load(query);
    if (asked !== this.asked || !this.isOpen) return;
    if (answer.message) this.say(answer.message);
    else this.draw(answer.groups);
  }

  say(words) {
    this.options = [];
    fill(this.popup, h("li", { class: "listbox-note", role: "presentation" }, words));
    placeBeside(this.popup, this.node, { minWidth: this.node.offsetWidth });
  }

  draw(groups) {
    this.options = groups.flatMap((group) => group.options);
    if (!this.options.length) return this.say("No results");
    const rows = groups.flatMap((group) => [
      group.label && group.options.length
        ? h("li", { class: "listbox-group", role: "presentation" }, group.label)
        : null,
      ...group.options.map((option) => this.row(option)),
    ]);
    fill(this.popup, rows);
    placeBeside(this.popup, this.node, { minWidth: this.node.offsetWidth });
    this.activate(
      Math.max(
        0,
        this.options.findIndex((option) => this.has(option)),
      ),
    );
  }

  has(option) {
    return this.selected.some((one) => one.value === option.value);
  }

  row(option) {
    const chosen = this.has(option);
    return h(
      "li",
      {
        id: uniqueId("option"),
        class: "option",
        role: "option",
        "aria-selected": String(chosen),
        onclick: () => this.pick(option),
      },
      h(
        "span",
        { class: "option-text" },
        labelOf(option),
        option.description && h("small", null, withEmoji(option.description.text)),
      ),
      chosen && icon("check", 16),
    );
  }

  activate(at) {
    const rows = [...this.popup.querySelectorAll(".option")];
    if (!rows.length) return;
    this.active = (at + rows.length) % rows.length;
    rows.forEach((row, number) => row.classList.toggle("active", number === this.active));
    rows[this.active].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", rows[this.active].id);
  }

  pick(option) {
    if (!option) this.set([]);
    else if (!this.multi) this.set([option]);
    else if (this.has(option)) this.set(this.selected.filter((one) => one.value !== option.value));
    else if (this.selected.length < this.max) this.set([...this.selected, option]);
    if (this.multi && this.isOpen)
      this.show(""); // several are chosen in a row
    else this.close();
  }

  async set(selected) {
    const before = this.selected;
    this.selected = selected;
    this.rest();
    if (await this.onChange(selected)) return;
    this.selected = before; // the person took it back in the confirm dialog
    this.rest();
  }

  key(event) {
    const { key } = event;
    if (!this.isOpen) {
      if (!["ArrowDown", "ArrowUp", "Enter"].includes(key)) return;
      event.preventDefault();
      this.open();
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      this.activate(this.active + (key === "ArrowDown" ? 1 : -1));
    } else if (key === "Enter") {
      event.preventDefault();
      if (this.options[this.active]) this.pick(this.options[this.active]);
    } else if (key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (key === "Backspace" && this.multi && !this.input.value && this.selected.length) {
      this.set(this.selected.slice(0, -1));
    }
  }
}
