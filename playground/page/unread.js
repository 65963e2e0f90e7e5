/* Remembers, per person and channel, up to where it was read. */

import { messagesOf, store } from "./state.js";

const opened = Date.now() / 1000;
const KEY = "ferry-playground-read";

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

const marks = load();

/** Return the timestamp up to which the acting person has read *channelId*. */
export function lastRead(channelId) {
  return Number(marks[`${store.me?.id}/${channelId}`] ?? opened);
}

const isShown = (one) =>
  !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast";

/** Return {count, mentions} of what the acting person has not seen in *channelId*. */
export function unreadOf(channelId) {
  const since = lastRead(channelId);
  const fresh = messagesOf(channelId).filter(
    (one) => one.ts > since && one.user !== store.me?.id && isShown(one),
  );
  const mentions = fresh.filter(
    (one) => (one.text ?? "").includes(`<@${store.me?.id}>`) || channelId.startsWith("D"),
  );
  return { count: fresh.length, mentions: mentions.length };
}

/** Note that the acting person has seen all of *channelId*. */
export function markRead(channelId) {
  const newest = messagesOf(channelId).at(-1);
  marks[`${store.me.id}/${channelId}`] = Math.max(lastRead(channelId), Number(newest?.ts ?? 0));
  try {
    localStorage.setItem(KEY, JSON.stringify(marks));
  } catch {
    // A private window without storage: the marks last as long as the page.
  }
}
