/* Starts the page: mounts its parts and becomes the person that the address names. */

import { mountFiles } from "./files.js";
import { mountHome } from "./home.js";
import { mountMain } from "./main.js";
import { mountModals } from "./modal.js";
import { go, onRoute, route, settle } from "./route.js";
import { mountSidebar } from "./sidebar.js";
import { appChannel, become, channel, on, store } from "./state.js";
import { restoreTheme } from "./theme.js";
import { mountThread } from "./thread.js";
import { mountTopbar } from "./topbar.js";

const FIRST_PERSON = "U0ANA";

/** Replace an address without a channel, or with one that is not there, by one that is. */
function settleRoute() {
  if (!store.me || route.user !== store.me.id || channel(route.channel)) return;
  const isDirect = route.channel?.startsWith("D");
  settle({
    channel: (isDirect ? appChannel() : store.channels[0])?.id,
    tab: isDirect ? route.tab : null,
  });
}

restoreTheme();
if (!route.user) settle({ ...route, user: FIRST_PERSON });
on("state", settleRoute);
on("stranger", () => go({ user: FIRST_PERSON, channel: null }));
onRoute(() => {
  if (!route.user) settle({ ...route, user: store.me?.id ?? FIRST_PERSON });
  become(route.user);
  settleRoute();
});
mountTopbar();
mountModals();
mountHome();
mountFiles();
mountSidebar();
mountMain();
mountThread();
become(route.user);
