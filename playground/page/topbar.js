/* The strip on top: whether the app is there, who one is, light or dark. */

import { fill, h, iconButton } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { go, placeAs } from "./route.js";
import { on, people, store } from "./state.js";
import { theme, toggleTheme } from "./theme.js";

const root = document.getElementById("topbar");

function connectionWords() {
  const { connected, sockets } = store.connection;
  const name = store.bot?.real_name ?? "ferry";
  if (!store.online) return ["lost", "The playground does not answer. Trying again…"];
  if (!connected) return ["away", `${name} is not connected`];
  const lines = sockets ? ` · ${sockets} ${sockets === 1 ? "socket" : "sockets"}` : "";
  return ["here", `${name} is connected${lines}`];
}

function themeButton() {
  const next = theme() === "dark" ? "light" : "dark";
  return iconButton(
    `Switch to ${next} mode`,
    icon(next === "dark" ? "moon" : "sun"),
    () => {
      toggleTheme();
      draw();
      root.querySelector("#theme").focus();
    },
    { id: "theme" },
  );
}

function personButton() {
  const others = people().filter((one) => one.id !== store.me.id);
  const entries = others.map((one) => ({
    label: `Act as ${one.real_name}`,
    run: () => go(placeAs(one.id)),
  }));
  const words = [avatar(store.me, 24), h("span", null, store.me.real_name)];
  const node = h(
    "button",
    {
      type: "button",
      class: "acting",
      id: "acting",
      "aria-label": `You act as ${store.me.real_name}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: () => openMenu(node, entries, { label: "Act as", align: "end" }),
    },
    words,
  );
  return node;
}

function draw() {
  const [mood, words] = connectionWords();
  fill(
    root,
    h(
      "span",
      { class: "product" },
      h("img", { src: "icon.svg", alt: "", width: 22, height: 22 }),
      h("span", null, "Playground"),
      h("small", null, "nothing here reaches Slack"),
    ),
    h(
      "span",
      { class: `connection ${mood}`, role: "status" },
      h("span", { class: "dot", "aria-hidden": "true" }),
      words,
    ),
    h("span", { class: "topbar-end" }, store.me && personButton(), themeButton()),
  );
}

/** Draw the strip and keep it true. */
export function mountTopbar() {
  on("state connection", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}
