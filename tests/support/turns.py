"""What makes of a sample another one in each turn, so that views go along other ways."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from db.model.catalog import ConfirmationPolicy
from db.model.categories import Category
from db.model.execution import Check, CheckState, Plan
from handlers.views import audit_words
from tests.support.executions import NOON

TURNS = range(12)
MANY = 60  #: of what a list may hold: more than Slack shows


def other_ways(text: str, turn: int, plan: Plan) -> dict[str, Any]:
    """Return what makes of an execution another one in each turn but the first."""
    if turn == 0:
        return {}
    earlier = NOON - timedelta(hours=3)
    policy = list(ConfirmationPolicy)[turn % len(ConfirmationPolicy)]
    other: dict[str, Any] = {"confirmation": policy, "confirmations": 2, "max_attempts": 3}
    other |= {"confirm_group": text, "confirmed_by": (f"cli:{text}",), "attempt": 2}
    checks = [Check(name=text, words=text, state=state) for state in CheckState]
    if turn & 1:
        was = replace(plan, script=f"{text}?", arguments=(f"{text}?",), attempts=3)
        other |= {"checks": tuple(checks), "voided_plan": was, "exit_status": 3}
    if turn & 2:
        other |= {"reconnecting_since": earlier, "silent_since": earlier, "resumed": 1}
        other |= {"not_before": NOON + timedelta(minutes=9), "error_category": Category.DISK_FULL}
    if turn & 4:
        other |= {"answered_by": "", "overridden_by": "", "reminded_at": earlier}
    return other


def noted_in(text: str, turn: int) -> dict[str, Any]:
    """Return what an event may tell, in every form that it is told in."""
    noted: dict[str, Any] = dict.fromkeys(audit_words.LABELS, text)
    noted |= {"confirmed_by": [f"cli:{text}"] * MANY, "x": {text: text}, "n_s": 90, "b": True}
    noted |= {"channel_id": "C0STAGING", "group": "S0OPS", "confirm_group": "S0OPS"}
    noted |= {"policy": "group", "until": NOON.isoformat(), "host_key": f"ssh-rsa {text}"}
    items = list(noted.items())
    first = turn * 3 % len(items)  # no more than some of them are shown
    return dict(items[first:] + items[:first])
