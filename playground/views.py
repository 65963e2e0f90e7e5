"""Modals and Home tabs: stacks of at most three, hashes, and what a person sees on top."""

import secrets
from dataclasses import dataclass, field

from playground import cast
from playground.clock import Clock
from playground.errors import Json, SlackError
from playground.feed import Feed
from playground.inputs import elements, initial_state, merged_state
from playground.permits import Trigger
from playground.view_rules import check_view

DEEPEST = 3


@dataclass(eq=False)
class OpenView:
    """A view on somebody's screen; *channel* is where the way to it began."""

    user: str
    view: Json
    channel: str = ""


@dataclass
class Views:
    """Everybody's open modals and Home tabs."""

    clock: Clock
    feed: Feed
    stacks: dict[str, list[OpenView]] = field(default_factory=dict)
    homes: dict[str, Json] = field(default_factory=dict)

    def open(self, trigger: Trigger, view: Json) -> Json:
        """Put a modal on the screen: over the one that the trigger comes from, or a new stack."""
        check_view(view, "modal")
        stack = self.stacks.setdefault(trigger.user, [])
        if not any(shown.view["id"] == trigger.view_id for shown in stack):
            stack.clear()
        return self.push(trigger.user, view, channel=trigger.channel)

    def push(self, user: str, view: Json, *, channel: str = "") -> Json:
        """Put a modal on top of the open ones."""
        check_view(view, "modal")
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= DEEPEST:
            raise SlackError("push_limit_reached")
        self._check_external_id(view)
        shown = OpenView(user, {}, channel or (stack[-1].channel if stack else ""))
        below = stack[-1].view if stack else None
        fresh = self._dressed(view, "V" + secrets.token_hex(5).upper(), shown.channel)
        fresh["previous_view_id"] = below["id"] if below else None
        fresh["root_view_id"] = stack[0].view["id"] if stack else fresh["id"]
        fresh["state"] = {"values": initial_state(fresh["blocks"])}
        shown.view = fresh
        stack.append(shown)
        self._tell(user)
        return fresh

    def find(self, view_id: str = "", external_id: str = "") -> OpenView:
        """Return an open modal, or refuse as Slack does when the person has closed it."""
        for stack in self.stacks.values():
            for shown in stack:
                if view_id and shown.view["id"] == view_id:
                    return shown
                if external_id and shown.view["external_id"] == external_id:
                    return shown
        raise SlackError("not_found")

    def update(self, shown: OpenView, view: Json, *, known_hash: str = "") -> Json:
        """Replace what a modal shows; what was typed stays where the ids stay."""
        check_view(view, "modal")
        if known_hash and known_hash != shown.view["hash"]:
            raise SlackError("hash_conflict")
        if view.get("external_id", "") != shown.view["external_id"]:
            self._check_external_id(view)
        old = shown.view
        fresh = self._dressed(view, old["id"], shown.channel)
        fresh["previous_view_id"] = old["previous_view_id"]
        fresh["root_view_id"] = old["root_view_id"]
        fresh["state"] = {"values": merged_state(fresh["blocks"], old["state"]["values"])}
        shown.view = fresh
        self._tell(shown.user)
        return fresh

    def publish(self, user: str, view: Json, *, known_hash: str = "") -> Json:
        """Replace somebody's Home tab."""
        check_view(view, "home")
        old = self.homes.get(user)
        if known_hash and (old is None or known_hash != old["hash"]):
            raise SlackError("hash_conflict")
        view_id = old["id"] if old else "V" + secrets.token_hex(5).upper()
        fresh = self._dressed(view, view_id, "")
        fresh |= {"previous_view_id": None, "root_view_id": view_id}
        fresh["state"] = {"values": initial_state(fresh["blocks"])}
        self.homes[user] = fresh
        self.feed.publish({"type": "home", "view": fresh}, user)
        return fresh

    def close(self, shown: OpenView, *, everything: bool = False) -> list[OpenView]:
        """Take a modal, with what lies over it, or the whole stack off the screen."""
        stack = self.stacks.get(shown.user, [])
        if shown not in stack:
            return []
        start = 0 if everything else stack.index(shown)
        gone = stack[start:]
        del stack[start:]
        self._tell(shown.user)
        return gone

    def is_open(self, shown: OpenView) -> bool:
        """Tell whether a modal is still on its person's screen."""
        return shown in self.stacks.get(shown.user, [])

    def open_views(self, user: str) -> list[Json]:
        """Return a person's stack of modals, top last."""
        return [shown.view for shown in self.stacks.get(user, [])]

    def clear(self) -> None:
        """Close everything."""
        self.stacks.clear()
        self.homes.clear()

    def _tell(self, user: str) -> None:
        self.feed.publish({"type": "views", "views": self.open_views(user)}, user)

    def _check_external_id(self, view: Json) -> None:
        wanted = view.get("external_id")
        taken = [shown.view["external_id"] for stack in self.stacks.values() for shown in stack]
        if wanted and wanted in taken:
            raise SlackError("duplicate_external_id")

    def _dressed(self, view: Json, view_id: str, channel: str) -> Json:
        """Return *view* with all the fields that Slack adds."""
        empty: Json = {"callback_id": "", "private_metadata": "", "external_id": ""}
        empty |= dict.fromkeys(("title", "submit", "close"))
        flags = dict.fromkeys(("clear_on_close", "notify_on_close"), False)
        own: Json = {"id": view_id, "team_id": cast.TEAM_ID, "app_id": cast.APP_ID}
        own |= {"bot_id": cast.BOT_ID, "app_installed_team_id": cast.TEAM_ID}
        own["hash"] = f"{int(self.clock.now())}.{secrets.token_hex(4)}"
        own["blocks"] = with_ids(view["blocks"])
        for _, element in elements(own["blocks"]):
            if channel and element.get("default_to_current_conversation"):
                element.setdefault("initial_conversation", channel)
        return empty | flags | view | own


def with_ids(blocks: list[Json]) -> list[Json]:
    """Return a copy of *blocks* in which every block and element has an id."""
    return [_block_with_ids(block) for block in blocks]


def _block_with_ids(block: Json) -> Json:
    copy = dict(block)
    copy.setdefault("block_id", secrets.token_urlsafe(4))
    for place in ("element", "accessory"):
        if isinstance(copy.get(place), dict):
            copy[place] = _element_with_id(copy[place])
    if copy["type"] in ("actions", "context_actions"):
        copy["elements"] = [_element_with_id(element) for element in copy["elements"]]
    if "child_blocks" in copy:
        copy["child_blocks"] = with_ids(copy["child_blocks"])
    return copy


def _element_with_id(element: Json) -> Json:
    if element.get("type") == "image":
        return element
    return {"action_id": secrets.token_urlsafe(4), **element}
