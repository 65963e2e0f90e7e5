/* The middle of the page: a channel with its messages and box, or the app's tabs. */

import { Composer } from "./composer.js";
import { announce, fill, h, iconButton } from "./dom.js";
import { aboutTab, appTabs, homeTab } from "./home.js";
import { avatar, icon } from "./icons.js";
import { authorOf } from "./message.js";
import { channelLead, MessageList, Scroller } from "./messages.js";
import { plainWords } from "./mrkdwn.js";
import { onRoute, route } from "./route.js";
import { appChannel, channel, messagesOf, on, perform, store } from "./state.js";
import { lastRead, markRead, unreadOf } from "./unread.js";

const root = document.getElementById("main");
let list = null; // the MessageList on show, if any
let scroller = null;
let newSince = Infinity;
let place = ""; // what is drawn, to tell a change of place from news

const isInChannel = (one) =>
  !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast";

function openDrawer() {
  document.body.classList.add("drawer-open");
  root.inert = true;
  document.querySelector("#sidebar a[aria-current]")?.focus();
}

function heading(here) {
  const isApp = here.id === appChannel()?.id;
  const title = isApp
    ? [avatar(store.bot, 24), store.bot.real_name]
    : [icon("hash", 20), here.name];
  const absent = !here.is_im && here.is_member === false;
  return h(
    "header",
    { class: "channel-head" },
    iconButton("Open channels and people", icon("menu", 20), openDrawer, {
      class: "icon-button only-narrow",
    }),
    h("h1", null, title),
    here.topic && h("p", { class: "topic" }, here.topic),
    absent && h("p", { class: "absent" }, `${store.bot.real_name} is not in this channel`),
  );
}

function drawMessages(added = null) {
  if (!list) return;
  const here = channel(list.channelId);
  const messages = messagesOf(here.id).filter(isInChannel);
  const words = here.is_im
    ? `This is your conversation with ${store.bot.real_name}. Only the two of you see it.`
    : `This is the very beginning of #${here.name}. Type / to see what ${store.bot.real_name} can do.`;
  list.draw(messages, { newSince, me: store.me.id, lead: channelLead(here, words) });
  if (added?.user === store.me.id) scroller.toEnd();
  scroller.redrawn(Boolean(added));
  markRead(here.id);
}

function channelView(here) {
  const log = h("div", {
    class: "log",
    role: "log",
    "aria-live": "off",
    "aria-label": `Messages in ${here.name}`,
    tabindex: "-1",
  });
  const frame = h(
    "div",
    { class: "scroll", tabindex: "0", "aria-label": "Messages", role: "region" },
    log,
  );
  const label = here.is_im ? `Message ${store.bot.real_name}` : `Message #${here.name}`;
  const composer = new Composer({ channelId: here.id, label, id: "composer-text" });
  scroller = new Scroller(frame);
  list = new MessageList(log, { channelId: here.id });
  newSince = unreadOf(here.id).count ? lastRead(here.id) : Infinity;
  return [frame, h("div", { class: "below" }, scroller.jump, composer.node)];
}

function parts(here, tab) {
  list = null;
  if (here.id !== appChannel()?.id) return [heading(here), channelView(here)];
  const content = { home: homeTab, about: aboutTab, messages: () => channelView(here) }[tab]();
  return [heading(here), appTabs(tab), content];
}

/** The tab of the app's page that the address asks for. */
export function currentTab() {
  if (route.channel !== appChannel()?.id) return null;
  return route.tab ?? "messages";
}

function draw() {
  const here = channel(route.channel);
  if (!here || store.me?.id !== route.user) return;
  const tab = currentTab();
  const wanted = [route.user, here.id, tab, here.is_member].join("/");
  document.title = `${here.is_im ? store.bot.real_name : `#${here.name}`} · Ferry playground`;
  if (wanted !== place) {
    place = wanted;
    fill(root, parts(here, tab));
    if (tab === "home") perform("home_opened");
    if (matchMedia("(hover: hover)").matches)
      root.querySelector("#composer-text")?.focus({ preventScroll: true });
  } else if (tab === "home") root.querySelector(".scroll").refresh();
  drawMessages();
  if (list) scroller.redrawn(false);
}

function speak(channelId, message) {
  if (channelId !== route.channel || message.user === store.me?.id) return;
  announce(`${authorOf(message).real_name}: ${plainWords(message.text || "a message")}`);
}

/** Show the place that the address names, and follow its news. */
export function mountMain() {
  onRoute(draw);
  on("state", draw);
  on("messages", ({ channel: id, added }) => {
    if (id === null || id === list?.channelId) drawMessages(added);
    if (added) speak(id, added);
  });
}
