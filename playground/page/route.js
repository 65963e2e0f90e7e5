/*
 * Where the page is: #/person/channel, and then a tab of the app or the thread of a message.
 * A permalink has no person (#/channel/message): it keeps the one that is there.
 */

const bus = new EventTarget();
const TABS = ["home", "messages", "about"];

/** The present place: {user, channel, tab, thread}. */
export const route = { user: null, channel: null, tab: null, thread: null };

function read() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (/^[CDG]/.test(parts[0])) parts.unshift(route.user);
  const [user, channel, last] = parts;
  const tab = TABS.includes(last) ? last : null;
  Object.assign(route, {
    user: user || null,
    channel: channel || null,
    tab,
    thread: last && !tab ? last : null,
  });
}

/** Return the address of a place; what is not named stays as it is. */
export function hrefOf({ user = route.user, channel = route.channel, tab = null, thread = null }) {
  return `#/${[user, channel, tab ?? thread].filter(Boolean).join("/")}`;
}

/** Return the place that is the present one for the person *userId*. */
export function placeAs(userId) {
  const isDirect = route.channel?.startsWith("D");
  return {
    user: userId,
    channel: isDirect ? `D${userId.slice(1)}` : route.channel,
    tab: route.tab,
  };
}

/** Go to a place. */
export function go(place) {
  location.hash = hrefOf(place);
}

/** Go to a place without leaving the present one in the history. */
export function settle(place) {
  history.replaceState(null, "", hrefOf(place));
  read();
}

/** Call *listener* whenever the place has changed. */
export const onRoute = (listener) => bus.addEventListener("route", listener);

addEventListener("hashchange", () => {
  read();
  bus.dispatchEvent(new Event("route"));
});
read();
