/* The app's own page: Home tab (published by the app) and About; Messages is a channel like others. */

import { renderBlocks } from "./blocks.js";
import { fill, h, keepFocus } from "./dom.js";
import { avatar } from "./icons.js";
import { hrefOf, route } from "./route.js";
import { on, store } from "./state.js";
import { Surface } from "./surface.js";

let surface = null;
let drawn = "";

/** Return the tabs of the app; *active* is home, messages or about. */
export function appTabs(active) {
  const names = { home: "Home", messages: "Messages", about: "About" };
  return h(
    "nav",
    { class: "tabs", "aria-label": "App" },
    Object.entries(names).map(([tab, words]) =>
      h("a", { href: hrefOf({ tab }), "aria-current": tab === active ? "page" : null }, words),
    ),
  );
}

function empty() {
  return h(
    "div",
    { class: "empty" },
    avatar(store.bot, 64),
    h("h2", null, `${store.bot.real_name} has not published its Home yet`),
    h("p", null, "It appears here as soon as the app answers."),
  );
}

function draw(place) {
  const view = store.home;
  if (view && surface?.ref.view_id !== view.id)
    surface = new Surface({ view_id: view.id, is_home: true });
  const signature = JSON.stringify(view);
  if (view && drawn === signature && place.childNodes.length) return;
  drawn = signature;
  surface?.redraw();
  keepFocus(place, () => fill(place, view ? renderBlocks(view.blocks, surface) : empty()));
}

/** Return the Home tab, which follows what the app publishes. */
export function homeTab() {
  const place = h("div", { class: "home-view", id: "home-view", tabindex: "-1" });
  surface = null;
  draw(place);
  const frame = h("section", { class: "scroll", "aria-label": "Home" }, place);
  frame.refresh = () => draw(place);
  return frame;
}

/** Return the About tab: what the app is, its commands and shortcuts. */
export function aboutTab() {
  const row = (name, hint, words) =>
    h(
      "li",
      null,
      h("strong", null, name),
      " ",
      hint && h("span", { class: "muted" }, hint),
      h("p", null, words),
    );
  return h(
    "section",
    { class: "scroll", "aria-label": "About" },
    h(
      "div",
      { class: "about" },
      h(
        "header",
        null,
        avatar(store.bot, 64),
        h(
          "div",
          null,
          h("h2", null, store.bot.real_name),
          h("p", { class: "muted" }, "App in this playground"),
        ),
      ),
      h("h3", null, "Commands"),
      h(
        "ul",
        null,
        store.commands.map((one) => row(one.command, one.usage_hint, one.description)),
      ),
      store.shortcuts.length
        ? [
            h("h3", null, "Shortcuts"),
            h(
              "ul",
              null,
              store.shortcuts.map((one) => row(one.name, null, one.description)),
            ),
          ]
        : null,
    ),
  );
}

/** Redraw the Home tab, if it is shown, whenever the app publishes. */
export function mountHome() {
  on("home", () => route.tab === "home" && document.querySelector(".main > .scroll")?.refresh?.());
}
