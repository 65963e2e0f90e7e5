/* Turns Slack's mrkdwn into DOM nodes; nothing of it is ever parsed as HTML. */

import { h, safeUrl } from "./dom.js";
import { emojiCharacter } from "./emoji.js";
import { channel, groupHandle, store, user, userName } from "./state.js";
import { formatDate } from "./times.js";

const TOKEN = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>\\n]+)>",
    "(?<![\\w*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>[^\\s_](?:[^\\n]*?[^\\s_])?)_(?![\\w_])",
    "(?<![\\w~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])",
    ":(?<emoji>[a-z0-9_+'-]+(?:::skin-tone-\\d)?):",
    "(?<url>https?:\\/\\/[^\\s<>|]*[^\\s<>|.,;:!?)\\]'\"])",
  ].join("|"),
  "gu",
);

/** Return *text* without Slack's three escapes. */
export function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/** Return an emoji with its name for screen readers, or `:name:` if it is not known. */
export function emoji(name) {
  const character = emojiCharacter(name);
  if (!character) return document.createTextNode(`:${name}:`);
  return h(
    "span",
    { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` },
    character,
  );
}

/** Return a link to *url*, or its words alone if the address is not a safe one. */
export function link(url, words) {
  const href = safeUrl(url);
  return href
    ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, words ?? url)
    : h("span", null, words ?? url);
}

/** Return a mention of a person; of the acting one in yellow. */
export function mention(id) {
  const mine = store.me?.id === id;
  return h(
    "span",
    { class: `mention${mine ? " mention-me" : ""}`, data: { user: id } },
    `@${userName(id)}`,
  );
}

/** Return a link to a channel of this workspace. */
export function channelLink(id, label) {
  const words = `#${channel(id)?.name ?? (label || id)}`;
  return channel(id)
    ? h("a", { class: "mention", href: `#/${store.me.id}/${id}` }, words)
    : h("span", { class: "mention" }, words);
}

/** Return a broadcast such as @channel. */
export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

/** Return the moment *epoch* in the reader's own time zone. */
export function moment(epoch, format, fallback, url) {
  const words = formatDate(epoch, format) ?? fallback ?? "";
  const time = h("time", { title: fallback ?? "" }, words);
  return url ? link(url, time) : time;
}

function angle(inside) {
  const [target, ...rest] = inside.split("|");
  const label = rest.join("|");
  if (target.startsWith("@"))
    return user(target.slice(1)).id === target.slice(1) ? mention(target.slice(1)) : inside;
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, epoch, format, url] = target.split("^");
    return moment(epoch, unescape(format ?? ""), unescape(label), url);
  }
  if (target.startsWith("!subteam^")) {
    const handle = groupHandle(target.slice("!subteam^".length));
    return h("span", { class: "mention" }, handle ? `@${handle}` : unescape(label || "@group"));
  }
  if (target.startsWith("!")) return broadcast(target.slice(1).split("^")[0]);
  return link(
    unescape(target),
    label ? inline(label, false) : unescape(target).replace(/^mailto:/, ""),
  );
}

const RENDER = {
  code: (text) => h("code", null, unescape(text)),
  angle,
  bold: (text, autolink) => h("strong", null, inline(text, autolink)),
  italic: (text, autolink) => h("em", null, inline(text, autolink)),
  strike: (text, autolink) => h("s", null, inline(text, autolink)),
  emoji,
  url: (url, autolink) => (autolink ? link(unescape(url)) : unescape(url)),
};

/** Return the nodes of one or more lines of mrkdwn without code fences and quotes. */
function inline(text, autolink) {
  const nodes = [];
  let at = 0;
  const plain = (part) =>
    part.split("\n").forEach((line, number) => {
      if (number) nodes.push(h("br"));
      if (line) nodes.push(document.createTextNode(unescape(line)));
    });
  for (const match of text.matchAll(TOKEN)) {
    plain(text.slice(at, match.index));
    const [kind, inside] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    nodes.push(RENDER[kind](inside, autolink));
    at = match.index + match[0].length;
  }
  plain(text.slice(at));
  return nodes;
}

const isQuote = (line) => /^(>|&gt;)/.test(line);

function paragraphs(text, autolink) {
  const nodes = [];
  const lines = text.replace(/^\n|\n$/g, "").split("\n");
  for (let start = 0; start < lines.length;) {
    const quoted = isQuote(lines[start]);
    let end = start;
    while (end < lines.length && isQuote(lines[end]) === quoted) end += 1;
    const part = lines.slice(start, end).map((line) => line.replace(/^(>|&gt;) ?/, ""));
    const inside = inline(part.join("\n"), autolink);
    nodes.push(...(quoted ? [h("blockquote", null, inside)] : inside));
    start = end;
  }
  return nodes;
}

/** Return the nodes of *text* in Slack's mrkdwn; *verbatim*: bare addresses are no links. */
export function mrkdwn(text, { verbatim = false } = {}) {
  return String(text ?? "")
    .split(/```([\s\S]+?)```/)
    .flatMap((part, number) => {
      if (number % 2) return [h("pre", null, unescape(part.replace(/^\n|\n$/g, "")))];
      return part ? paragraphs(part, !verbatim) : [];
    });
}

/** Return *text* in mrkdwn as bare words: for announcements and previews. */
export function plainWords(text) {
  return h("div", null, mrkdwn(text)).textContent.replace(/\s+/g, " ").trim();
}
