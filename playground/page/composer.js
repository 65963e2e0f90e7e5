/* The message box: Enter sends, a slash opens the list of commands, the lightning the shortcuts. */

import { fill, h, iconButton, toast, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { noteLocally, perform, store } from "./state.js";

const drafts = new Map();

/** Return typed *text* as a message holds it: escaped, with @names and #channels as references. */
function encoded(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const idOf = (list, name) => list.find((one) => one.name === name)?.id;
  return escaped
    .replace(/(?<![\w&])@([\w.-]*\w)/g, (typed, name) => {
      const group = store.usergroups.find((one) => one.handle === name);
      if (group) return `<!subteam^${group.id}>`;
      return idOf(store.users, name) ? `<@${idOf(store.users, name)}>` : typed;
    })
    .replace(/(?<![\w&])#([\w-]+)/g, (typed, name) =>
      idOf(store.channels, name) ? `<#${idOf(store.channels, name)}>` : typed,
    );
}

/** The box beneath a channel or, with *threadTs*, beneath a thread. */
export class Composer {
  constructor({ channelId, threadTs = null, label, id }) {
    Object.assign(this, { channelId, threadTs, active: 0, found: [] });
    this.draft = `${store.me.id}/${channelId}/${threadTs ?? ""}`;
    const listId = uniqueId("commands");
    this.list = h("ul", {
      class: "commands",
      id: listId,
      role: "listbox",
      "aria-label": "Commands",
      hidden: true,
    });
    this.usage = h("div", { class: "usage", hidden: true });
    this.text = h("textarea", {
      id,
      rows: 1,
      placeholder: label,
      "aria-label": label,
      "aria-autocomplete": "list",
      "aria-controls": listId,
      value: drafts.get(this.draft) ?? "",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => {
        this.list.hidden = true;
      },
    });
    const bolt = iconButton(
      "Shortcuts",
      icon("bolt"),
      () =>
        openMenu(bolt, this.shortcuts(), {
          label: "Shortcuts",
          empty: "This app has no shortcuts.",
        }),
      { "aria-haspopup": "menu", "aria-expanded": "false" },
    );
    const slash = iconButton("Run a command", h("span", { class: "slash" }, "/"), () =>
      this.begin("/"),
    );
    this.send = iconButton("Send", icon("send"), () => this.submit(), {
      class: "icon-button send",
    });
    this.node = h(
      "div",
      { class: "composer" },
      this.list,
      this.usage,
      this.text,
      h(
        "div",
        { class: "composer-bar" },
        threadTs ? null : [bolt, slash],
        h("span", { class: "grow" }),
        this.send,
      ),
    );
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.size();
  }

  begin(text) {
    this.text.value = text;
    this.text.focus();
    this.typed();
  }

  shortcuts() {
    return store.shortcuts
      .filter((one) => !one.type?.startsWith("message"))
      .map((one) => ({
        label: one.name,
        hint: one.description,
        run: async () => {
          const answer = await perform("shortcut", {
            callback_id: one.callback_id,
            channel: this.channelId,
          });
          if (!answer.ok) toast(answer.error, "error");
        },
      }));
  }

  size() {
    this.text.style.height = "auto";
    if (this.text.scrollHeight)
      this.text.style.height = `${Math.min(this.text.scrollHeight, 240)}px`;
    this.send.classList.toggle("ready", Boolean(this.text.value.trim()));
  }

  typed() {
    const { value } = this.text;
    drafts.set(this.draft, value);
    this.size();
    const word = /^\/\S*$/.test(value) && !this.threadTs ? value : null;
    this.found = word ? store.commands.filter((one) => one.command.startsWith(word)) : [];
    this.active = 0;
    this.drawList();
    const command = store.commands.find((one) => value.startsWith(`${one.command} `));
    this.usage.hidden = !command || Boolean(this.threadTs);
    if (command) fill(this.usage, h("strong", null, command.command), " ", command.usage_hint);
  }

  drawList() {
    this.list.hidden = !this.found.length;
    if (!this.found.length) return this.text.removeAttribute("aria-activedescendant");
    const rows = this.found.map((one, at) =>
      h(
        "li",
        {
          id: uniqueId("command"),
          role: "option",
          "aria-selected": String(at === this.active),
          onclick: () => this.complete(one),
        },
        h(
          "span",
          { class: "command-line" },
          h("strong", null, one.command),
          " ",
          h("span", { class: "muted" }, one.usage_hint),
        ),
        h("small", null, one.description),
      ),
    );
    fill(
      this.list,
      h("li", { class: "listbox-group", role: "presentation" }, store.bot?.real_name ?? "Commands"),
      rows,
    );
    this.text.setAttribute("aria-activedescendant", rows[this.active].id);
  }

  complete(command) {
    this.begin(`${command.command} `);
  }

  key(event) {
    const open = !this.list.hidden;
    const chosen = this.found[this.active];
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      this.active =
        (this.active + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) %
        this.found.length;
      this.drawList();
    } else if (
      open &&
      (event.key === "Tab" || (event.key === "Enter" && this.text.value !== chosen.command))
    ) {
      this.complete(chosen);
    } else if (open && event.key === "Escape") {
      this.list.hidden = true;
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      this.submit();
    } else return;
    event.preventDefault();
  }

  async submit() {
    const text = this.text.value.trim();
    if (!text) return;
    this.begin("");
    const isCommand = text.startsWith("/");
    if (isCommand && this.threadTs) {
      toast(`${text.split(" ")[0]} is not supported in threads. Sorry!`, "error");
      return;
    }
    const body = isCommand
      ? { text }
      : { text: encoded(text), thread_ts: this.threadTs ?? undefined };
    const answer = await perform(isCommand ? "command" : "message", {
      channel: this.channelId,
      ...body,
    });
    if (!answer.ok) noteLocally(this.channelId, answer.error ?? "That did not work.");
  }
}
