/* A list of messages, redrawn with as little change as possible: open menus and focus survive. */

import { fill, h, keepFocus } from "./dom.js";
import { fileOf } from "./files.js";
import { authorOf, renderMessage } from "./message.js";
import { dayKey, dayName } from "./times.js";

const GROUP_SECONDS = 300;

function continues(message, before) {
  if (
    !before ||
    message.is_ephemeral ||
    before.is_ephemeral ||
    message.subtype === "thread_broadcast"
  )
    return false;
  const same =
    authorOf(message).id === authorOf(before).id &&
    authorOf(message).real_name === authorOf(before).real_name;
  return (
    same &&
    message.ts - before.ts < GROUP_SECONDS &&
    dayKey(message.ts) === dayKey(before.ts) &&
    !before.reply_count
  );
}

const divider = (words, kind = "day") =>
  h(
    "div",
    { class: `divider ${kind}`, role: "separator", "aria-label": words },
    h("span", null, words),
  );

/** Keeps *node* in step with a list of messages. */
export class MessageList {
  constructor(node, { channelId, inThread = false }) {
    Object.assign(this, { node, channelId, inThread, shown: new Map() });
  }

  /** Show *messages*; a "New" line stands before the first one newer than *newSince*. */
  draw(messages, { newSince = Infinity, me = null, lead = null, afterFirst = null } = {}) {
    const items = this.items(messages, { newSince, me, lead, afterFirst });
    const kept = new Map();
    const nodes = items.map(({ key, signature, make }) => {
      const known = this.shown.get(key);
      const entry = known?.signature === signature ? known : { signature, node: make() };
      kept.set(key, entry);
      return entry.node;
    });
    this.shown = kept;
    const ts = document.activeElement?.closest?.("[data-ts]")?.dataset.ts;
    keepFocus(
      this.node,
      () => this.place(nodes),
      () => this.node.querySelector(`[data-ts="${ts}"]`),
    );
  }

  /** Put *nodes* in order, touching only those that are not where they belong. */
  place(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.node.childNodes]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, at) => {
      if (this.node.childNodes[at] !== node)
        this.node.insertBefore(node, this.node.childNodes[at] ?? null);
    });
  }

  items(messages, { newSince, me, lead, afterFirst }) {
    const items = lead ? [{ key: "lead", signature: lead.key, make: lead.make }] : [];
    let before = null;
    let hasNewLine = false;
    for (const message of messages) {
      const day = dayKey(message.ts);
      if (!this.inThread && (!before || dayKey(before.ts) !== day)) {
        items.push({
          key: day,
          signature: dayName(message.ts),
          make: () => divider(dayName(message.ts)),
        });
      }
      if (!hasNewLine && message.ts > newSince && message.user !== me) {
        hasNewLine = true;
        items.push({ key: "new", signature: "new", make: () => divider("New", "new") });
        before = null;
      }
      items.push(this.item(message, continues(message, before)));
      if (!before && afterFirst)
        items.push({
          key: "count",
          signature: afterFirst,
          make: () => divider(afterFirst, "replies"),
        });
      before = before === null && afterFirst ? { ...message, ts: "0" } : message;
    }
    return items;
  }

  item(message, grouped) {
    const files = (message.files ?? []).map((file) => fileOf(file));
    const options = { channelId: this.channelId, grouped, inThread: this.inThread };
    return {
      key: message.ts,
      signature: JSON.stringify([message, files, grouped]),
      make: () => renderMessage(message, options),
    };
  }
}

const NEAR = 80; // pixels from the end that still count as "at the end"

/** Keeps a scrolling *frame* at its end while one reads there, and offers the way back otherwise. */
export class Scroller {
  constructor(frame) {
    this.frame = frame;
    this.jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() },
      "↓ Latest messages",
    );
    this.atEnd = true;
    frame.addEventListener("scroll", () => {
      this.atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR;
      if (this.atEnd) this.jump.hidden = true;
    });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(frame);
  }

  toEnd() {
    this.frame.scrollTop = this.frame.scrollHeight;
    this.jump.hidden = true;
  }

  /** Call after each redraw. */
  redrawn(hasNews) {
    if (this.atEnd) this.toEnd();
    else if (hasNews) this.jump.hidden = false;
  }
}

/** Return the opening words of a channel that has no messages before these. */
export function channelLead(place, words) {
  return {
    key: place.id + place.is_member,
    make: () =>
      fill(
        h("div", { class: "channel-lead" }),
        h("h2", null, place.is_im ? place.name : `# ${place.name}`),
        h("p", null, words),
      ),
  };
}
