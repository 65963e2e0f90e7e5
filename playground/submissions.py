"""Submitting and closing modals, and what the bot's ack makes of them."""

from playground import payloads
from playground.core import Core
from playground.delivery import Delivery
from playground.errors import Json, Refused, SlackError
from playground.inputs import elements, merged_state, missing_or_wrong
from playground.views import OpenView

TROUBLE = "We had some trouble connecting. Try again?"
CHANNEL_FIELDS = ("selected_conversation", "selected_channel")


class Submissions:
    """Turns Submit and ✕ into ``view_submission`` and ``view_closed``."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        self._delivery = delivery

    async def submit(self, act: Json) -> Json:
        """Send a modal; returns once the bot's ack was carried out."""
        user = self._core.workspace.user(act["user"])
        shown = self._open(user, act)
        values = merged_state(shown.view["blocks"], act.get("values") or {})
        shown.view["state"] = {"values": values}
        if errors := missing_or_wrong(shown.view["blocks"], values):
            return self._errors(shown, errors)
        trigger_id = self._core.permits.trigger(
            user["id"], channel=shown.channel, view_id=shown.view["id"]
        )
        urls = self._response_urls(user, shown.view)
        payload = payloads.view_submission(user, shown.view, trigger_id, urls)
        ack = await self._delivery.send("view_submission", payload)
        if ack.error:
            raise Refused(TROUBLE)
        try:
            return self._carry_out(shown, ack.as_dict())
        except SlackError as error:
            journal = self._core.journal
            journal.called("view_submission", ack.as_dict(), status=200, error=error.error)
            raise Refused(TROUBLE) from error

    async def close(self, act: Json) -> Json:
        """Close a modal; with ``all`` (or clear_on_close) the whole stack."""
        user = self._core.workspace.user(act["user"])
        shown = self._open(user, act)
        everything = bool(act.get("all")) or shown.view["clear_on_close"]
        for gone in self._core.views.close(shown, everything=everything):
            if gone.view["notify_on_close"]:
                payload = payloads.view_closed(user, gone.view, is_cleared=everything)
                await self._delivery.send("view_closed", payload)
        return {}

    def _open(self, user: Json, act: Json) -> OpenView:
        for shown in self._core.views.stacks.get(user["id"], []):
            if shown.view["id"] == act.get("view_id"):
                return shown
        raise Refused("This dialog is not open any more.")

    def _carry_out(self, shown: OpenView, answer: Json) -> Json:
        if not self._core.views.is_open(shown):
            return {}
        match answer.get("response_action"):
            case None:
                self._core.views.close(shown)
                return {}
            case "clear":
                self._core.views.close(shown, everything=True)
            case "errors":
                return self._errors(shown, checked_errors(shown.view, answer))
            case "update":
                self._core.views.update(shown, answer.get("view") or {})
            case "push":
                self._core.views.push(shown.user, answer.get("view") or {})
            case other:
                raise SlackError("invalid_response_action", str(other))
        return {"response_action": answer["response_action"]}

    def _errors(self, shown: OpenView, errors: dict[str, str]) -> Json:
        event = {"type": "view_errors", "view_id": shown.view["id"], "errors": errors}
        self._core.feed.publish(event, shown.user)
        return {"ok": False, "errors": errors}

    def _response_urls(self, user: Json, view: Json) -> list[Json]:
        """Return a response URL for each channel select that asked for one."""
        urls = []
        for block, element in elements(view["blocks"]):
            ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
            state = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"], {})
            chosen = next((state[name] for name in CHANNEL_FIELDS if state.get(name)), "")
            if element.get("response_url_enabled") and chosen:
                response_id = self._core.permits.response(user["id"], chosen)
                url = f"{self._core.url}/response/{response_id}"
                urls.append({**ids, "channel_id": chosen, "response_url": url})
        return urls


def checked_errors(view: Json, answer: Json) -> dict[str, str]:
    """Return the errors of an ack; they must belong to input blocks of the view."""
    errors = answer.get("errors")
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        raise SlackError("invalid_errors", f"errors {errors!r} do not belong to {sorted(inputs)}")
    return errors
