/* The pane on the right with one message and its replies. */

import { Composer } from "./composer.js";
import { fill, h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { MessageList, Scroller } from "./messages.js";
import { go, onRoute, route } from "./route.js";
import { channel, messagesOf, on, store } from "./state.js";

const root = document.getElementById("thread");
let list = null;
let scroller = null;
let place = "";

function close() {
  const { thread } = route;
  go({});
  document.querySelector(`#main [data-ts="${CSS.escape(thread)}"]`)?.focus();
}

function build(here) {
  const log = h("div", {
    class: "log",
    role: "log",
    "aria-live": "off",
    "aria-label": "Thread",
    tabindex: "-1",
  });
  const frame = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Replies" },
    log,
  );
  const composer = new Composer({
    channelId: here.id,
    threadTs: route.thread,
    label: "Reply…",
    id: "thread-text",
  });
  scroller = new Scroller(frame);
  list = new MessageList(log, { channelId: here.id, inThread: true });
  fill(
    root,
    h(
      "header",
      { class: "channel-head" },
      h("h2", null, "Thread"),
      h("p", { class: "topic" }, here.is_im ? here.name : `# ${here.name}`),
      h("span", { class: "grow" }),
      iconButton("Close thread", icon("close", 20), close),
    ),
    frame,
    h("div", { class: "below" }, scroller.jump, composer.node),
  );
  composer.text.focus({ preventScroll: true });
}

function draw(added = null) {
  const here = channel(route.channel);
  const isOpen = Boolean(route.thread && here && store.me?.id === route.user);
  root.hidden = !isOpen;
  document.body.classList.toggle("thread-open", isOpen);
  const wanted = isOpen ? `${route.user}/${here.id}/${route.thread}` : "";
  if (wanted !== place) {
    place = wanted;
    if (isOpen) build(here);
  }
  if (!isOpen) return;
  const messages = messagesOf(here.id).filter(
    (one) => one.ts === route.thread || one.thread_ts === route.thread,
  );
  const count = messages.filter((one) => one.ts !== route.thread).length;
  list.draw(messages, {
    afterFirst: count ? `${count} ${count === 1 ? "reply" : "replies"}` : null,
  });
  scroller.redrawn(Boolean(added));
}

/** Open and close the pane as the address says, and follow its news. */
export function mountThread() {
  onRoute(() => draw());
  on("state", () => draw());
  on("messages", ({ channel: id, added }) => (id === null || id === route.channel) && draw(added));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
}
