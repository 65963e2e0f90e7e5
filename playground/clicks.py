"""Clicks and choices in messages, modals and the Home tab, and the questions of selects."""

from dataclasses import dataclass, field

from playground import payloads
from playground.acts import who_and_where
from playground.cast import BOT_USER
from playground.core import Core
from playground.delivery import Delivery
from playground.elements import all_options
from playground.errors import Json, Refused
from playground.inputs import VALUE_FIELDS, all_blocks, find, merged_state

GONE = "That is not there any more."
FAILED = "This app did not respond in time. Try again?"
# What an action may carry of the element's new state.
STATE_FIELDS = frozenset(value for value, _initial in VALUE_FIELDS.values())


@dataclass
class Surface:
    """What was clicked on: its container for the payload, and its newest looks."""

    where: Json
    looks: list[Json]
    channel: str = ""
    view_id: str = ""
    ids: Json = field(default_factory=dict)


class Clicks:
    """Turns a person's click into ``block_actions``, typed letters into ``block_suggestion``."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        self._delivery = delivery

    async def action(self, act: Json) -> Json:
        """Send one click or choice; returns when the bot has acked it."""
        user = self._core.workspace.user(act["user"])
        surface = self._surface(user, act)
        element = seen_element(surface, act)
        action = {key: act[key] for key in STATE_FIELDS if act.get(key) is not None}
        check_on_offer(element, action)
        action = {"type": element["type"], "action_id": element["action_id"]} | action
        action |= {"block_id": act["block_id"], "action_ts": self._core.clock.ts()}
        if element["type"] in ("button", "icon_button"):
            kept = ("text", "value", "style", "url")
            action |= {key: element[key] for key in kept if key in element}
        self._keep_state(surface, act.get("state") or {})
        trigger_id = self._core.permits.trigger(
            user["id"], channel=surface.channel, view_id=surface.view_id
        )
        payload = payloads.block_actions(
            user, action, surface.where, trigger_id=trigger_id, **surface.ids
        )
        if (await self._delivery.send("block_actions", payload)).error:
            raise Refused(FAILED)
        return {}

    async def suggest(self, act: Json) -> Json:
        """Ask the bot for the options of an external select."""
        user = self._core.workspace.user(act["user"])
        surface = self._surface(user, act)
        element = seen_element(surface, act)
        typed = str(act.get("value") or "")
        if "external_select" not in element["type"]:
            raise Refused("The options of this element do not come from the app.")
        if len(typed) < element.get("min_query_length", 3):
            return {"options": []}
        ids = {"block_id": act["block_id"], "action_id": act["action_id"]}
        payload = payloads.block_suggestion(user, ids, typed, surface.where)
        ack = await self._delivery.send("block_suggestion", payload)
        if ack.error:
            raise Refused("Result not loaded. The app did not respond.")
        answer = ack.as_dict()
        if "option_groups" in answer:
            return {"option_groups": answer["option_groups"]}
        options = answer.get("options")
        if not isinstance(options, list) or len(options) > 100:
            raise Refused("Result not loaded. The app gave no list of at most 100 options.")
        return {"options": options}

    def _surface(self, user: Json, act: Json) -> Surface:
        if act.get("is_home"):
            home = self._core.views.homes.get(user["id"])
            if home is None:
                raise Refused(GONE)
            return view_surface(home, "")
        if act.get("view_id"):
            for shown in self._core.views.stacks.get(user["id"], []):
                if shown.view["id"] == act["view_id"]:
                    return view_surface(shown.view, shown.channel)
            raise Refused(GONE)
        return self._message_surface(user, act)

    def _message_surface(self, user: Json, act: Json) -> Surface:
        workspace = self._core.workspace
        _, channel = who_and_where(self._core, act)
        ts = str(act.get("message_ts"))
        whispered = workspace.ephemerals.get((user["id"], channel["id"]), {}).get(ts)
        message = whispered or workspace.messages[channel["id"]].get(ts)
        if message is None or message["user"] != BOT_USER:
            raise Refused(GONE)
        container = {"type": "message", "message_ts": ts, "channel_id": channel["id"]}
        container["is_ephemeral"] = whispered is not None
        thread_ts = message.get("thread_ts", "")
        container |= {"thread_ts": thread_ts} if thread_ts else {}
        if attached := attachment_of(message, act):
            container |= {"type": "message_attachment", "attachment_id": attached}
            container["is_app_unfurl"] = False
        response_id = self._core.permits.response(
            user["id"],
            channel["id"],
            message_ts=ts,
            is_ephemeral=whispered is not None,
            thread_ts=thread_ts,
        )
        typed = merged_state(all_blocks(message), act.get("state") or {})
        where = {"container": container, "channel": payloads.channel_ref(channel)}
        where["state"] = {"values": typed}
        if whispered is None:
            where["message"] = message
        ids = {"response_url": f"{self._core.url}/response/{response_id}"}
        looks = workspace.screens(channel["id"], ts)
        return Surface(where, looks, channel=channel["id"], ids=ids)

    def _keep_state(self, surface: Surface, typed: Json) -> None:
        if surface.view_id:
            view = surface.where["view"]
            view["state"] = {"values": merged_state(view["blocks"], typed)}


def view_surface(view: Json, channel: str) -> Surface:
    """Return a modal or Home tab as something to click on."""
    where = {"container": {"type": "view", "view_id": view["id"]}, "view": view}
    return Surface(where, [view], channel=channel, view_id=view["id"])


def attachment_of(message: Json, act: Json) -> int:
    """Return the number of the attachment that holds the element, 0 if none does."""
    for attachment in message.get("attachments") or []:
        if find(attachment, str(act.get("block_id")), str(act.get("action_id"))):
            return int(attachment["id"])
    return 0


def seen_element(surface: Surface, act: Json) -> Json:
    """Return the element that a person acts on, also from a look a few edits old."""
    for look in surface.looks:
        element = find(look, str(act.get("block_id")), str(act.get("action_id")))
        if element is not None:
            return element
    raise Refused(GONE)


def check_on_offer(element: Json, action: Json) -> None:
    """Refuse a chosen option that the element does not have."""
    on_offer = [option["value"] for option in all_options(element)]
    if not on_offer:
        return
    chosen = [action.get("selected_option"), *action.get("selected_options", ())]
    for option in chosen:
        if option and option.get("value") not in on_offer:
            raise Refused("That option is not on offer.")
