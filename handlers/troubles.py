"""What Slack says when it does not do what it was asked: the one table from its codes to ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

FAILURES = (SlackApiError, SlackRequestError, aiohttp.ClientError, TimeoutError, OSError)
PAUSE_S = 5.0  # where Slack says "later" without saying when


class Kind(Enum):
    """What to do about it."""

    BUSY = auto()  #: pause this method for everybody
    AWAY = auto()  #: Slack does not work, or does not know us: try again, ever more slowly
    GONE = auto()  #: the message cannot be edited any more: post it again
    UNREADABLE = auto()  #: Slack does not like the blocks: send the text alone
    REFUSED = auto()  #: it will not do this, whenever we ask
    UNWANTED = auto()  #: not a word of Slack: a newer render of the message was handed in


@dataclass(eq=False)  # not frozen: Python sets attributes of what is raised
class Trouble(Exception):
    """One failed call; *why* is a sentence for people, *details* are for the log.

    *is_unsure*: Slack may have done it all the same.
    """

    kind: Kind
    code: str
    why: str = ""
    retry_after_s: float = 0.0
    details: tuple[str, ...] = ()
    is_unsure: bool = False


_GONE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "streaming_state_conflict"}
)
_UNREADABLE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
#: The token is wrong, or was taken back.
DEAD_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
)
_BROKEN = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited"}
)
_SENTENCES: Mapping[str, str] = {
    "not_in_channel": "I am not a member of that channel; `/invite` me there.",
    "channel_not_found": "I do not see that channel; if it is private, `/invite` me there.",
    "is_archived": "The channel is archived.",
    "is_inactive": "The channel is no longer in use.",
    "restricted_action": "An administrator of the workspace restricts who may post there.",
    "missing_scope": "The app lacks a permission; reinstall it with the manifest of this version.",
    "file_uploads_disabled": "Uploads are switched off in this workspace.",
    "storage_limit_reached": "The workspace has no room for more files.",
    "file_type_not_allowed": "The workspace does not allow this type of file.",
}


def diagnose(error: BaseException) -> Trouble:
    """Return what *error*, one of FAILURES, means for the caller."""
    if not isinstance(error, SlackApiError):
        has_no_answer = isinstance(error, TimeoutError)
        is_unsure = has_no_answer and not isinstance(error, aiohttp.ConnectionTimeoutError)
        why = "Slack cannot be reached."
        return Trouble(Kind.AWAY, type(error).__name__, why, is_unsure=is_unsure)
    response = error.response
    data = getattr(response, "data", None)
    answer = data if isinstance(data, Mapping) else {}
    code = str(answer.get("error", ""))
    status = getattr(response, "status_code", 0)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait_s = _retry_after_s(getattr(response, "headers", {}))
        return Trouble(Kind.BUSY, "ratelimited", "Slack asks us to slow down.", wait_s)
    if status >= 500 or not code or code in _BROKEN:
        return Trouble(Kind.AWAY, code or f"HTTP {status}", "Slack does not work right now.")
    if code in DEAD_TOKEN:
        return Trouble(Kind.AWAY, code, "Slack does not accept the bot's token.")
    why = _SENTENCES.get(code, f"Slack refused it ({code}).")
    kinds = {**dict.fromkeys(_GONE, Kind.GONE), **dict.fromkeys(_UNREADABLE, Kind.UNREADABLE)}
    return Trouble(kinds.get(code, Kind.REFUSED), code, why, details=_details(answer))


def _retry_after_s(headers: Mapping[str, str]) -> float:
    said = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    return float(said) if said.isdigit() else PAUSE_S


def _details(answer: Mapping[str, object]) -> tuple[str, ...]:
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages", ()) if isinstance(metadata, Mapping) else ()
    return tuple(str(message) for message in messages)
