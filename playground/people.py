"""A person at the page, without a browser: the driver for tests and for the demo's tour.

It goes the page's way, over the same HTTP API, and refuses what a person could not do.
"""
# ruff: noqa: ASYNC109 - a person says how long they wait

from playground import screen
from playground.choices import Value, element_state
from playground.errors import Json
from playground.inputs import all_blocks, merged_state
from playground.page_client import PATIENCE_S, PageClient


class Person(PageClient):
    """One person of the workspace, who waits for what they want to see.

    What they typed in a modal is kept here until they submit, as in a browser.
    """

    def __init__(self, url: str, user_id: str) -> None:
        super().__init__(url, user_id)
        self._typed: dict[str, Json] = {}

    # -- looking --------------------------------------------------------------------------------

    async def sees(
        self, channel: str, words: str, *, timeout: float = PATIENCE_S, after: str = ""
    ) -> Json:
        """Return the newest message of *channel* in which *words* can be read, once there is one.

        Only messages later than the time stamp *after* count.
        """
        return await self._reads("messages", channel, words, timeout, after)

    async def told(
        self, channel: str, words: str, *, timeout: float = PATIENCE_S, after: str = ""
    ) -> Json:
        """Return the newest message "only visible to you" with *words*, once there is one."""
        return await self._reads("ephemerals", channel, words, timeout, after)

    async def thread(self, message: Json) -> list[Json]:
        """Return the replies to *message*, oldest first."""
        state = await self.state()
        root = message.get("thread_ts", message["ts"])
        everything = [each for channel in state["messages"].values() for each in channel]
        return [each for each in everything if each.get("thread_ts") == root != each["ts"]]

    async def modal(self, title: str, *, timeout: float = PATIENCE_S) -> Json:
        """Return the modal on top once its title is *title*."""

        def look(state: Json) -> Json | None:
            top: Json | None = state["views"][-1] if state["views"] else None
            return top if top and screen.shown(top["title"]["text"]) == title else None

        def complain(state: Json) -> str:
            titles = [view["title"]["text"] for view in state["views"]]
            return f"no modal {title!r} on top; open are: {titles}"

        return await self.until(look, complain, timeout=timeout)

    async def home(self, words: str = "", *, timeout: float = PATIENCE_S) -> Json:
        """Return the Home tab once *words* can be read there."""

        def look(state: Json) -> Json | None:
            home: Json | None = state["home"]
            return home if home and screen.reads(home, words) else None

        def complain(state: Json) -> str:
            return f"{words!r} is not in the Home tab:\n{screen.words(state['home'] or {})}"

        return await self.until(look, complain, timeout=timeout)

    # -- acting ---------------------------------------------------------------------------------

    async def types(self, channel: str, text: str, *, thread_ts: str = "") -> Json:
        """Send a slash command or a message; raises AssertionError with Slack's refusal."""
        verb = "command" if text.startswith("/") else "message"
        return await self.does(verb, channel=channel, text=text, thread_ts=thread_ts)

    async def clicks(
        self,
        surface: Json,
        label: str,
        *,
        confirm: bool | None = None,
        as_shown: bool = False,
    ) -> None:
        """Press the button (or the overflow line) *label* on a message, modal or Home tab.

        *confirm* answers its confirm dialog, which must then be there; with False nothing is sent.
        *as_shown* presses on *surface* as it was when it was read, not as it is by now.
        """
        now = surface if as_shown else await self._fresh(surface)
        control = screen.one(screen.buttons(now), label, "button")
        dialog = control.element.get("confirm")
        if dialog and confirm is None:
            raise AssertionError(f"{label!r} asks first: {list(screen.texts(dialog))}")
        if confirm is not None and not dialog:
            raise AssertionError(f"{label!r} asks nothing before it acts")
        if confirm is False:
            return
        chosen = {"selected_option": control.option} if control.option else {}
        await self._acts_on(now, control, chosen)

    async def chooses(
        self, view: Json, label: str, value: Value, *, timeout: float = PATIENCE_S
    ) -> Json:
        """Set one input by its label; return the view as it is then.

        An input that tells the app at once (dispatch_action, or outside of an input block) is
        sent, and the app's update of the modal is waited for.
        """
        now = await self._fresh(view)
        control = await self._sets(now, label, value)
        if control.block["type"] == "input" and not control.block.get("dispatch_action"):
            return now
        new = self._values(now)[control.block["block_id"]][control.element["action_id"]]
        await self._acts_on(now, control, {key: new[key] for key in new if key != "type"})
        if "hash" not in now or now["type"] == "home":
            return await self._fresh(now)
        return await self._updated(now, timeout)

    async def fills(self, view: Json, values: dict[str, Value]) -> Json:
        """Set several inputs by their labels; return the view as it is then."""
        for label, value in values.items():
            control = screen.one(screen.inputs(await self._fresh(view)), label, "input")
            if control.block.get("dispatch_action") and "text" not in control.element["type"]:
                view = await self.chooses(view, label, value)
            else:
                await self._sets(await self._fresh(view), label, value)
        return await self._fresh(view)

    async def submits(self, view: Json) -> dict[str, str]:
        """Press the modal's submit button; return the errors by label, empty if all is well.

        Raises AssertionError if Slack shows that the app did not answer.
        """
        now = await self._fresh(view)
        answer = await self.tries("submit", view_id=now["id"], values=self._values(now))
        if "errors" in answer:
            labelled = [block for block in now["blocks"] if "label" in block]
            labels = {block["block_id"]: block["label"]["text"] for block in labelled}
            return {labels.get(block, block): text for block, text in answer["errors"].items()}
        if not answer["ok"]:
            raise AssertionError(f"{self.id} submits: {answer['error']}")
        return {}

    async def closes(self, view: Json) -> None:
        """Press ✕ or Cancel."""
        await self.does("close", view_id=view["id"])

    async def opens_home(self) -> None:
        """Look at the app's Home tab; :meth:`home` tells what is there."""
        await self.does("home_opened")

    async def uses(self, callback_id: str, message: Json | None = None, channel: str = "") -> None:
        """Use a global shortcut, or one on a message."""
        ts = message["ts"] if message else ""
        await self.does("shortcut", callback_id=callback_id, channel=channel, message_ts=ts)

    # -- underneath -----------------------------------------------------------------------------

    async def _reads(self, kind: str, channel: str, words: str, timeout: float, after: str) -> Json:
        def there(state: Json) -> list[Json]:
            return [each for each in state[kind].get(channel, []) if each["ts"] > after]

        def look(state: Json) -> Json | None:
            hits = (each for each in reversed(there(state)) if screen.reads(each, words))
            hit = next(hits, None)
            return {**hit, "channel": channel} if hit else None

        def complain(state: Json) -> str:
            said = "\n---\n".join(screen.words(each) for each in there(state)[-10:])
            return f"{words!r} is not in {channel}; there is:\n{said or '(nothing)'}"

        return await self.until(look, complain, timeout=timeout, channel=channel)

    async def _fresh(self, surface: Json) -> Json:
        """Return a message or view as it is now; a message knows its channel then."""
        state = await self.state()
        if "blocks" in surface and "hash" in surface:
            for view in [*state["views"], state["home"] or {}]:
                if view.get("id") == surface["id"]:
                    return dict(view)
            raise AssertionError(f"the view {surface['id']} is not open any more")
        for kind in ("messages", "ephemerals"):
            for channel, messages in state[kind].items():
                for message in messages:
                    if message["ts"] == surface["ts"]:
                        return {**message, "channel": channel}
        raise AssertionError(f"the message {surface['ts']} is gone")

    async def _sets(self, view: Json, label: str, value: Value) -> screen.Control:
        control = screen.one(screen.inputs(view), label, "input")
        block_id, action_id = control.block["block_id"], control.element["action_id"]
        state = await self.state()
        options: list[Json] = []
        if "external_select" in control.element["type"] and value not in (None, "", []):
            options = await self._suggested(view, control, value)
        new = element_state(control.element, value, options, state)
        self._typed.setdefault(key(view), {}).setdefault(block_id, {})[action_id] = new
        return control

    async def _suggested(self, view: Json, control: screen.Control, value: Value) -> list[Json]:
        """Ask the app for options as somebody does who types the wanted words."""
        wanted = value if isinstance(value, list) else [value]
        found: list[Json] = []
        for typed in wanted:
            answer = await self.does("suggest", **place(view, control), value=str(typed))
            groups = answer.get("option_groups") or [answer]
            found += [option for group in groups for option in group["options"]]
        return found

    async def _acts_on(self, surface: Json, control: screen.Control, new: Json) -> None:
        state = self._values(surface)
        await self.does("action", **place(surface, control), **new, state=state)

    def _values(self, surface: Json) -> Json:
        return merged_state(all_blocks(surface), self._typed.get(key(surface), {}))

    async def _updated(self, old: Json, timeout: float) -> Json:
        def look(state: Json) -> Json | None:
            same = [view for view in state["views"] if view["id"] == old["id"]]
            if same and same[0]["hash"] == old["hash"] and same[0] is state["views"][-1]:
                return None
            return dict(same[0]) if same else dict(old)

        def complain(_state: Json) -> str:
            return f"the app did not update the modal {old['title']['text']!r}"

        return await self.until(look, complain, timeout=timeout)


def key(surface: Json) -> str:
    """Return what a view or message is known by."""
    return str(surface.get("id") or surface["ts"])


def place(surface: Json, control: screen.Control) -> Json:
    """Return where an element is, in the words of the page's API."""
    ids = {"block_id": control.block["block_id"], "action_id": control.element["action_id"]}
    if "hash" not in surface:
        return {**ids, "channel": surface["channel"], "message_ts": surface["ts"]}
    if surface["type"] == "home":
        return {**ids, "is_home": True}
    return {**ids, "view_id": surface["id"]}
