/* What the acting person can see, and the news about it. Only this module changes it. */

import { act, fetchState, follow } from "./api.js";
import { toast } from "./dom.js";

export const SLACKBOT = { id: "USLACKBOT", name: "slackbot", real_name: "Slackbot" };

/** The one store; components read it and redraw on the topics of `on`. */
export const store = {
  me: null,
  bot: null,
  team: { name: "Ferry playground" },
  users: [],
  usergroups: [],
  channels: [],
  messages: {},
  ephemerals: {},
  views: [],
  home: null,
  files: {},
  commands: [],
  shortcuts: [],
  connection: { connected: false, sockets: 0 },
  online: false,
};

const bus = new EventTarget();

/** Call *listener* with the detail of each *topic*: state, messages, views, errors, home, connection, stranger. */
export function on(topics, listener) {
  for (const topic of topics.split(" "))
    bus.addEventListener(topic, (event) => listener(event.detail));
}

function emit(topic, detail = {}) {
  bus.dispatchEvent(new CustomEvent(topic, { detail }));
}

/** Return the user *id*, or a stand-in with the id as name. */
export function user(id) {
  if (id === SLACKBOT.id) return SLACKBOT;
  const found = store.bot?.id === id ? store.bot : store.users.find((one) => one.id === id);
  return found ?? { id: id ?? "U?", name: id ?? "someone", real_name: id ?? "Someone" };
}

/** Return everybody whom one can act as. */
export const people = () => store.users.filter((one) => !one.is_bot && !one.deleted);

/** Return the name to show for the user *id*. */
export const userName = (id) => user(id).real_name || user(id).name;

/** Return the handle of the user group *id*, or undefined. */
export const groupHandle = (id) => store.usergroups.find((one) => one.id === id)?.handle;

/** Return the channel *id*, or undefined. */
export const channel = (id) => store.channels.find((one) => one.id === id);

/** Return the direct conversation of the acting person with the app. */
export function appChannel() {
  const direct = store.channels.filter((one) => one.is_im);
  return direct.find((one) => one.id === `D${store.me?.id.slice(1)}`) ?? direct[0];
}

const byTs = (one, other) => one.ts - other.ts || (one.ts < other.ts ? -1 : 1);

/** Return all messages of a channel, oldest first, with this person's ephemeral ones marked. */
export function messagesOf(channelId) {
  const hidden = (store.ephemerals[channelId] ?? []).map((one) => ({ ...one, is_ephemeral: true }));
  return [...(store.messages[channelId] ?? []), ...hidden].sort(byTs);
}

function upsert(lists, channelId, message) {
  const list = (lists[channelId] ??= []);
  const at = list.findIndex((one) => one.ts === message.ts);
  if (at >= 0) list[at] = message;
  else list.push(message);
  return at < 0;
}

function remove(lists, channelId, ts) {
  lists[channelId] = (lists[channelId] ?? []).filter((one) => one.ts !== ts);
}

/** Show *text* to this person only, as Slackbot does when a command goes wrong. */
export function noteLocally(channelId, text) {
  const message = { ts: (Date.now() / 1000).toFixed(6), user: SLACKBOT.id, text, type: "message" };
  upsert(store.ephemerals, channelId, message);
  emit("messages", { channel: channelId, added: { ...message, is_ephemeral: true } });
}

/** Take an ephemeral message off this page; the server keeps none of it for long either. */
export function dismiss(channelId, ts) {
  remove(store.ephemerals, channelId, ts);
  emit("messages", { channel: channelId });
}

const HANDLERS = {
  message: ({ channel: id, message }) => {
    const added = upsert(store.messages, id, message) ? message : null;
    emit("messages", { channel: id, added });
  },
  message_deleted: ({ channel: id, ts }) => {
    remove(store.messages, id, ts);
    emit("messages", { channel: id });
  },
  ephemeral: ({ channel: id, message }) => {
    const isNew = upsert(store.ephemerals, id, message);
    emit("messages", { channel: id, added: isNew ? { ...message, is_ephemeral: true } : null });
  },
  ephemeral_deleted: ({ channel: id, ts }) => dismiss(id, ts),
  views: ({ views }) => {
    store.views = views;
    emit("views");
  },
  view_errors: (event) => emit("errors", event),
  home: ({ view }) => {
    store.home = view;
    emit("home");
  },
  notice: ({ text, level }) => toast(text, level),
  file: ({ file }) => {
    store.files[file.id] = file;
    emit("messages", { channel: null });
  },
  reset: () => load(store.wanted),
  connection: ({ connected, sockets }) => {
    store.connection = { connected, sockets };
    emit("connection");
  },
};

let unfollow = null;

async function load(userId) {
  const state = await fetchState(userId);
  if (!state) return emit("stranger");
  if (store.wanted !== userId) return; // the person was switched while this answer was under way
  const bot = { ...state.bot, is_bot: true, real_name: state.bot.name }; // apps go by their display name
  Object.assign(store, state, { bot });
  emit("state");
}

/** Become *userId*: read everything again, and follow that person's events from now on. */
export async function become(userId) {
  if (store.wanted === userId) return;
  store.wanted = userId;
  unfollow?.();
  await new Promise((ready) => {
    unfollow = follow(userId, {
      onOpen: () => {
        store.online = true;
        load(userId).then(ready, (error) => toast(error.message, "error"));
        emit("connection");
      },
      onLost: () => {
        store.online = false;
        emit("connection");
      },
      onEvent: (event) => store.wanted === userId && HANDLERS[event.type]?.(event),
    });
  });
}

/** Do *verb* as the acting person. */
export const perform = (verb, body = {}) => act(verb, { user: store.me.id, ...body });
