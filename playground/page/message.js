/* One message: who, when, what, its files, its thread, and the toolbar that appears above it. */

import { renderBlocks } from "./blocks.js";
import { h, iconButton, toast } from "./dom.js";
import { fileCard } from "./files.js";
import { avatar, icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { emoji, mrkdwn, plainWords } from "./mrkdwn.js";
import { go, hrefOf } from "./route.js";
import { dismiss, perform, store, user, userName } from "./state.js";
import { Surface } from "./surface.js";
import { dayName, fullTime, timeOf } from "./times.js";

const surfaces = new Map();

function surfaceOf(channelId, message) {
  const key = `${store.me.id}/${channelId}/${message.ts}`;
  if (!surfaces.has(key))
    surfaces.set(key, new Surface({ channel: channelId, message_ts: message.ts }));
  return surfaces.get(key);
}

/** Return who wrote *message*, with the name that the app chose for it. */
export function authorOf(message) {
  const author = user(message.user);
  const isApp = Boolean(message.bot_id || author.is_bot);
  const base = isApp && !author.is_bot && store.bot ? store.bot : author;
  return { ...base, is_bot: isApp, real_name: message.username || base.real_name || base.name };
}

function attachment(one, surface) {
  const colours = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
  const colour =
    colours[one.color] ??
    (/^#?[0-9a-f]{6}$/i.test(one.color ?? "")
      ? `#${one.color.replace("#", "")}`
      : "var(--border-strong)");
  return h(
    "div",
    { class: "attachment", style: `--colour:${colour}` },
    one.pretext && h("div", { class: "text" }, mrkdwn(one.pretext)),
    one.title && h("strong", null, one.title),
    one.text && h("div", { class: "text" }, mrkdwn(one.text)),
    renderBlocks(one.blocks, surface),
    one.fields &&
      h(
        "div",
        { class: "fields" },
        one.fields.map((field) =>
          h("div", { class: "text" }, h("strong", null, field.title), h("br"), mrkdwn(field.value)),
        ),
      ),
    one.footer && h("div", { class: "context" }, one.footer),
  );
}

function body(message, channelId) {
  const surface = surfaceOf(channelId, message);
  surface.redraw();
  const content = message.blocks?.length
    ? h("div", { class: "blocks" }, renderBlocks(message.blocks, surface))
    : message.text && h("div", { class: "text" }, mrkdwn(message.text));
  const words = content ? [content, ...content.querySelectorAll(".text")].at(-1) : null;
  if (message.edited) words?.append(h("span", { class: "edited" }, " (edited)"));
  return h(
    "div",
    { class: "message-body" },
    content,
    (message.attachments ?? []).map((one) => attachment(one, surface)),
    message.files?.length
      ? h(
          "div",
          { class: "files" },
          message.files.map((file) => fileCard(file)),
        )
      : null,
  );
}

function threadFooter(message) {
  const count = message.reply_count ?? 0;
  if (!count) return null;
  const last = message.latest_reply
    ? `Last reply ${dayName(message.latest_reply).toLowerCase()} at ${timeOf(message.latest_reply)}`
    : "View thread";
  return h(
    "a",
    { class: "thread-link", href: hrefOf({ thread: message.ts }) },
    (message.reply_users ?? []).slice(0, 5).map((id) => avatar(authorOf({ user: id }), 24)),
    h("strong", null, `${count} ${count === 1 ? "reply" : "replies"}`),
    h("span", { class: "muted" }, last),
  );
}

async function runShortcut(shortcut, channelId, message) {
  const answer = await perform("shortcut", {
    callback_id: shortcut.callback_id,
    channel: channelId,
    message_ts: message.ts,
  });
  if (!answer.ok) toast(answer.error, "error");
}

function moreEntries(channelId, message) {
  const shortcuts = store.shortcuts.filter((one) => one.type?.startsWith("message"));
  return [
    ...shortcuts.map((one) => ({
      label: one.name,
      hint: one.description,
      run: () => runShortcut(one, channelId, message),
    })),
    { label: "Copy text", run: () => navigator.clipboard?.writeText(plainWords(message.text)) },
  ];
}

function tools(message, channelId, inThread) {
  if (message.is_ephemeral) {
    return h(
      "div",
      { class: "tools" },
      iconButton("Dismiss this message", icon("close"), () => dismiss(channelId, message.ts)),
    );
  }
  const key = (name) => ({ data: { action: `${message.ts}/${name}` } });
  const root = message.thread_ts ?? message.ts;
  const reply = inThread
    ? null
    : iconButton("Reply in thread", icon("reply"), () => go({ thread: root }), key("reply"));
  const more = iconButton(
    "More actions",
    icon("more"),
    () => openMenu(more, moreEntries(channelId, message), { align: "end", label: "More actions" }),
    { "aria-haspopup": "menu", "aria-expanded": "false", ...key("more") },
  );
  return h("div", { class: "tools" }, reply, more);
}

function byline(message, author) {
  return h(
    "div",
    { class: "byline" },
    h("strong", { class: "author" }, author.real_name),
    author.is_bot && h("span", { class: "badge" }, "APP"),
    h("time", { class: "time", title: fullTime(message.ts) }, timeOf(message.ts)),
  );
}

function broadcastNote(message, inThread) {
  if (message.subtype !== "thread_broadcast" || inThread) return null;
  return h(
    "div",
    { class: "note" },
    "replied to a thread: ",
    h("a", { href: hrefOf({ thread: message.thread_ts }) }, "see the whole thread"),
  );
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return h(
    "div",
    { class: "reactions" },
    message.reactions.map((one) =>
      h(
        "span",
        { class: "reaction", title: (one.users ?? []).map(userName).join(", ") },
        emoji(one.name),
        one.count ?? one.users.length,
      ),
    ),
  );
}

/** Return the node of *message*; a *grouped* one continues the one above and has no byline. */
export function renderMessage(message, { channelId, grouped, inThread }) {
  const author = authorOf(message);
  const when = timeOf(message.ts);
  const classes = ["message", grouped && "grouped", message.is_ephemeral && "ephemeral"]
    .filter(Boolean)
    .join(" ");
  return h(
    "article",
    {
      class: classes,
      tabindex: "-1",
      "aria-label": `${author.real_name}, ${when}`,
      data: { ts: message.ts },
    },
    message.is_ephemeral &&
      h("div", { class: "note private" }, icon("eye", 14), "Only visible to you"),
    h(
      "div",
      { class: "gutter" },
      grouped
        ? h("time", { class: "time", title: fullTime(message.ts) }, when.replace(/ [AP]M/, ""))
        : avatar(author),
    ),
    h(
      "div",
      { class: "content" },
      !grouped && byline(message, author),
      broadcastNote(message, inThread),
      body(message, channelId),
      reactions(message),
      !inThread && threadFooter(message),
    ),
    tools(message, channelId, inThread),
  );
}
