/* The left side: whom one acts as, and the channels and the app to go to. */

import { fill, h, keepFocus } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { hrefOf, onRoute, placeAs, route } from "./route.js";
import { appChannel, on, people, store } from "./state.js";
import { unreadOf } from "./unread.js";

const sidebar = document.getElementById("sidebar");
const rail = document.getElementById("rail");

function badge(unread) {
  return unread.mentions
    ? h("span", { class: "count", "aria-label": `${unread.mentions} unread` }, unread.mentions)
    : null;
}

function entry(place, picture, words, href) {
  const unread = place.id === route.channel ? { count: 0, mentions: 0 } : unreadOf(place.id);
  const current = place.id === route.channel;
  return h(
    "li",
    null,
    h(
      "a",
      {
        href,
        class: unread.count ? "unread" : null,
        "aria-current": current ? "page" : null,
      },
      picture,
      h("span", { class: "entry-name" }, words),
      unread.count ? h("span", { class: "sr-only" }, " (unread)") : null,
      badge(unread),
    ),
  );
}

function section(title, entries) {
  return entries.length ? [h("h2", null, title), h("ul", null, entries)] : [];
}

function drawSidebar() {
  const app = appChannel();
  const rooms = store.channels.filter((one) => !one.is_im);
  const direct = store.channels.filter((one) => one.is_im && one.id !== app?.id);
  fill(
    sidebar,
    h("header", { class: "workspace" }, h("strong", null, store.team?.name ?? "Ferry playground")),
    section(
      "Channels",
      rooms.map((one) => entry(one, icon("hash", 16), one.name, hrefOf({ channel: one.id }))),
    ),
    section(
      "Direct messages",
      direct.map((one) => entry(one, icon("reply", 16), one.name, hrefOf({ channel: one.id }))),
    ),
    app
      ? section("Apps", [
          entry(
            app,
            avatar(store.bot, 20),
            store.bot.real_name,
            hrefOf({ channel: app.id, tab: "home" }),
          ),
        ])
      : [],
  );
}

function personButton(one) {
  const isMe = one.id === store.me.id;
  const first = (one.real_name || one.name).split(" ")[0];
  return h(
    "a",
    {
      class: "person",
      href: hrefOf(placeAs(one.id)),
      "aria-current": isMe ? "true" : null,
      title: `Act as ${one.real_name || one.name}${one.is_admin ? " (admin)" : ""}`,
      "aria-label": `Act as ${one.real_name || one.name}`,
    },
    avatar(one, 36),
    h("span", null, first),
  );
}

function drawRail() {
  fill(
    rail,
    h("p", { class: "rail-title", "aria-hidden": "true" }, "Act as"),
    people().map(personButton),
  );
}

function draw() {
  if (!store.me) return;
  keepFocus(sidebar, drawSidebar);
  keepFocus(rail, drawRail);
}

function closeDrawer() {
  document.body.classList.remove("drawer-open");
  document.getElementById("main").inert = false;
}

/** Draw the left side and keep it true. */
export function mountSidebar() {
  on("state messages", draw);
  onRoute(() => {
    draw();
    closeDrawer();
  });
  document.getElementById("scrim").addEventListener("click", closeDrawer);
  document
    .getElementById("drawer")
    .addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
}
