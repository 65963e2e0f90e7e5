"""Whatever is written into any field: Slack takes it, and reads nothing into it but our markup."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.execution import Status
from executor.rules.veil import Veil
from handlers.views.blocks import actions, person, section
from handlers.views.message import Told
from handlers.views.thread import Post
from playground.view_rules import check_view
from tests.support.executions import line
from tests.support.rendered import check
from tests.support.turns import TURNS
from tests.support.views import PLAIN, World, calls, views, world

VIEWS = views()
NASTY = (
    "<!channel> <!here> <@U0EVIL> <#C0EVIL> <!subteam^S0EVIL> <https://evil|click>",
    "&lt;!channel&gt; &amp;lt;@U0EVIL&amp;gt; *bold* _it_ ~no~ `x` ```y```",
    "\u202egnihton\u202c \u2066x\u2069 zero\u200bwidth\u2060 a\u200db \ufeff \u3164 \x00\x1b[31m",
    "one\ntwo\r\nthree\u2028four\n> quoted\n• item",
    "mailto:<mailto:a@b.c|a@b.c> @channel #general https://evil.example",
    "é" * 10_000,
    "`<!channel>`" * 900,
    "<" * 4000,
    "",
    " ",
)
#: Who is a person is said by Slack, by an id: what looks like one means one.
EVIL = st.text(max_size=200).filter(lambda text: "<@" not in person(text))
#: What people do not read, and Slack gives back as it is.
AS_IT_IS = {"value", "private_metadata", "initial_value", "block_id", "initial_option", "url"}
EMOJI = r"[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]"
JOINS_EMOJI = re.compile(f"(?<={EMOJI})\u200d(?={EMOJI})")


def told(name: str, given: World) -> Iterator[Any]:
    """Yield what the view *name* makes of *given*, as it is sent: messages, modals, Home."""
    for result in calls(name, VIEWS[name], given):
        yield from _sent(name, result)


def _sent(name: str, result: Any) -> Iterator[Any]:
    match result:
        case Told() | {"type": "modal" | "home"}:
            yield result
        case Post():
            yield result.told
        case {"type": _}:
            yield from _placed([result])
        case [{}, *_]:
            yield from _placed(result)
        case [*_]:
            for each in result:
                yield from _sent(name, each)
        case str():
            yield result if name in PLAIN else Told(result or "x", [section(result)])


def _placed(blocks: list[Any]) -> Iterator[Any]:
    """Yield *blocks* where they belong: fields into a modal, options into a menu."""
    if "type" not in blocks[0]:
        menu = {"type": "static_select", "action_id": "x", "options": blocks[:100]}
        yield Told("x", [actions(menu)])
    elif blocks[0]["type"] == "button":
        yield Told("x", [actions(*blocks)])
    elif any(block["type"] == "input" for block in blocks):
        words = {"type": "plain_text", "text": "x"}
        yield {"type": "modal", "title": words, "submit": words, "blocks": blocks}
    else:
        yield Told("x", blocks)


def read(content: Any) -> Iterator[str]:
    """Yield every text that people read."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            if key not in AS_IT_IS:
                yield from read(value)
    elif isinstance(content, list):
        for each in content:
            yield from read(each)


def assert_good(sent: Any) -> None:
    """Fail if Slack refuses it, reads a mention or a link of others, or shows what is not there."""
    if isinstance(sent, Told):
        check(sent)
    elif not isinstance(sent, str):
        check_view(sent, sent["type"])
        check(Told("x", [{"type": "section", "text": each} for each in _marked_up(sent)]))
    blocks = sent.blocks if isinstance(sent, Told) else sent
    for text in read(blocks):
        hidden = [
            each
            for each in JOINS_EMOJI.sub("", text)
            if unicodedata.category(each) in {"Cf", "Cs", "Zl", "Zp"} or each in "\u3164\x1b\x00"
        ]
        assert not hidden, (hidden, text)


def _marked_up(content: Any) -> Iterator[Any]:
    if isinstance(content, dict):
        if content.get("type") == "mrkdwn":
            yield content
        for value in content.values():
            yield from _marked_up(value)
    elif isinstance(content, list):
        for each in content:
            yield from _marked_up(each)


@pytest.mark.parametrize("name", VIEWS)
@settings(max_examples=15, deadline=None)
@given(text=EVIL, status=st.sampled_from(Status))
def test_text_stays_text(name: str, text: str, status: Status) -> None:
    """Of people, scripts and hosts, in every view that there is."""
    for sent in told(name, world(text, status)):
        assert_good(sent)


@pytest.mark.parametrize("turn", range(len(NASTY)))
def test_nasty_text_stays_text_in_every_state(turn: int) -> None:
    """Each text in some states of an execution, each state with some texts, in all views."""
    for number, status in enumerate(Status):
        given_ = world(NASTY[(turn + number) % len(NASTY)], status)
        if number % 4 == turn % 4:
            for name in VIEWS:
                for sent in told(name, given_):
                    assert_good(sent)


@pytest.mark.parametrize("turn", TURNS)
def test_nasty_text_stays_text_whichever_way_a_view_goes(turn: int) -> None:
    """With things left out, few or none, of each kind, and with what hosts answer as it came."""
    for number, status in enumerate(Status):
        if number % 4 == turn % 4:
            given_ = world(NASTY[(turn + number) % len(NASTY)], status, turn)
            for name in VIEWS:
                for sent in told(name, given_):
                    assert_good(sent)


@pytest.mark.parametrize("status", Status)
def test_no_view_holds_a_personal_value(status: Status) -> None:
    """Given what the services give to Slack; bare, at least the card shows it."""
    raw = "4432071-Ana-Souza"
    plain = world("x", status).execution
    plan = replace(plain.plan, arguments=(raw, f"--id={raw}"), variables={"ID": raw})
    told_of = {"reason": raw, "error_message": f"It said: {raw}", "receipt": raw}
    changed: dict[str, Any] = {**told_of, "result": {"id": raw}, "concurrency_key": raw}
    one = replace(plain, parameters={"practitioner-id": raw, "x": raw}, plan=plan, **changed)
    veil = Veil(plan.personal, one.parameters, b"k" * 32)
    lines = tuple(veil.over(line(f"{text} {raw}")) for text in ("a", "b"))
    veiled = World("x", veil.over(one), lines)

    sent = [_json(each) for name in VIEWS for each in told(name, veiled)]
    openly = [_json(each) for each in told("card.execution_card", replace(veiled, execution=one))]

    assert not [each for each in sent if raw in each]
    assert any(raw in each for each in openly)
    assert any("4•••za" in each for each in sent)


def test_what_has_no_sample_is_told() -> None:
    """A view with a parameter that nobody knows fails here, and not in Slack."""

    def view(thing: bytes) -> str:
        return str(thing)

    with pytest.raises(AssertionError, match=r"x\.thing: .*bytes.* has no sample"):
        list(calls("x", view, world("x")))


def _json(sent: Any) -> str:
    content = [sent.text, sent.blocks] if isinstance(sent, Told) else sent
    return json.dumps(content, ensure_ascii=False)
