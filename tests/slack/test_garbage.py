"""Whatever comes back in a button, a window or a line: a sentence, and not a row changes."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt import BoltResponse
from slack_bolt.request.async_request import AsyncBoltRequest

from db.model.execution import Execution
from executor.rules.names import is_slug
from executor.services import Ask
from handlers.views.help import SECTIONS
from handlers.views.ids import Action, Callback
from playground.cast import TEAM_ID
from tests.slack.ferry_in import In
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, PRODUCTION, STAGING, another, furnish

USER = {"id": ANA.user_id, "team_id": TEAM_ID}
NAMES = (
    *("job", "channel", "reason", "environment", "name", "kind", "ssh_host", "ssh_user"),
    *("ssh_port", "timeout_s", "host_key", "source", "script", "parameters", "compared"),
)
NASTY = [
    *("0", "#0", "-1", "1e99", "1.0", "999999999999999", "9" * 2000, "\u0663", "1:", ":", "4711"),
    *("1:" + "0" * 64, "é" * 2000, "\x00", "\ud800", "staging\x00", "<!channel>", "U0ANA", "%"),
    *("null", "[]", "{}", "[1, 2, 3]", '["x", {}, ""]', '["x", [], ""]', "[" * 2900, '"', "NaN"),
    *('{"environment": 5}', '{"environment": "staging"}', '{"name": ["x"]}', "4711 lock", "0 #1"),
]
#: Not those that garbage cannot spoil: whatever follows a lock is its reason.
MEANT = {"unbind", "lock", "totp"}
TYPED = [line for lines in SECTIONS.values() for line in lines]
LINES = [word for line in TYPED if (word := line.split()[0]) not in MEANT]
#: Not the one that begins a second factor for whoever has none.
WINDOWS = [one for one in Callback if one is not Callback.FACTOR_RENEW]
TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=80)).filter(
    lambda text: not is_slug(text.strip().lower().lstrip("#")) or text in NASTY
)
MANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(repr=False)
class Door:
    """Ferry's listeners as Bolt calls them, and what is said through a response_url."""

    ferry: In
    path: str
    url: str
    waiting: Execution
    told: list[Any] = field(default_factory=list)

    async def knocks(self, **body: Any) -> BoltResponse:
        """Dispatch a payload; not a row may change, and nothing may break."""
        payload = {"team": {"id": TEAM_ID}, "user": USER, "trigger_id": "1.2.3"} | body
        before = self.rows()
        with structlog.testing.capture_logs() as logs:
            answer = await self.ferry.app.async_dispatch(
                AsyncBoltRequest(body=payload, mode="socket_mode")
            )
            await until(lambda: not len(self.ferry.work), "everything is answered")
        broken = [log for log in logs if log["log_level"] == "error"]
        assert broken == []
        assert "Something broke" not in f"{answer.body} {self.told}"
        assert self.rows() == before
        return answer

    def rows(self) -> dict[str, list[Any]]:
        """Return every row of every table."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            names = [
                name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE rootpage")
            ]
            tables = [name for name in names if not name.startswith(("ix_", "uq_", "sqlite_"))]
            return {name: list(db.execute(f"SELECT * FROM {name}")) for name in tables}  # noqa: S608


@pytest.fixture
async def door(empty: In, sqlite_url: str) -> AsyncIterator[Door]:
    """Have one run that waits for its confirmation and one that is queued."""
    await furnish(empty.services)
    runs = [
        await empty.services.launcher.launch(
            Ask(job="import-patients", values=another(), channel_id=channel, by=BRUNO)
        )
        for channel in (PRODUCTION, STAGING)
    ]
    told: list[Any] = []

    async def hear(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(text="ok")

    server = web.Application()
    server.router.add_post("/", hear)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    path = sqlite_url.removeprefix("sqlite:///")
    yield Door(empty, path, f"http://{host}:{port}/", runs[0], told)
    await runner.cleanup()


def pressed(action_id: str, value: str) -> list[dict[str, Any]]:
    """Return what Slack sends of a button, and of a menu."""
    option = {"value": value, "text": {"type": "plain_text", "text": "x"}}
    return [
        {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": "1", **held}
        for held in ({"value": value}, {"selected_option": option})
    ]


def on_a_card(door: Door) -> dict[str, Any]:
    """Return where a button of a card is."""
    place = {"type": "message", "message_ts": "1.1", "channel_id": STAGING}
    return {"channel": {"id": STAGING}, "container": place, "response_url": door.url}


def window(callback_id: str, metadata: str, typed: dict[str, str]) -> dict[str, Any]:
    """Return a modal as Slack sends it."""
    values = {f"field:{name}": {"field.value": {"value": text}} for name, text in typed.items()}
    inputs = [
        {"type": "input", "block_id": block, "element": {"action_id": "field.value"}}
        for block in values
    ]
    known: dict[str, Any] = {"id": "V1", "type": "modal", "callback_id": callback_id}
    known |= {"title": {"type": "plain_text", "text": "x"}, "blocks": inputs}
    return known | {"private_metadata": metadata, "state": {"values": values}}


def is_meant(action_id: str, value: str) -> bool:
    """Whether that is no mistake: it discards a run, whatever its plan, or exports the log."""
    is_discard = action_id == Action.EXECUTION_DISCARD and value.startswith("1:")
    return is_discard or (action_id == Action.AUDIT_EXPORT and value in {"", "U0ANA"})


@pytest.mark.parametrize("action_id", Action)
async def test_every_button_with_a_bad_value(door: Door, action_id: str) -> None:
    """On a card; also of buttons that today's Ferry does not have."""
    for value in NASTY:
        if not is_meant(action_id, value):
            (button, _) = pressed(action_id, value)
            await door.knocks(type="block_actions", actions=[button], **on_a_card(door))


@MANY
@given(action_id=st.sampled_from(Action), value=TEXT, metadata=TEXT, is_menu=st.booleans())
async def test_any_value_of_any_button(
    door: Door, action_id: str, value: str, metadata: str, *, is_menu: bool
) -> None:
    """In a window, pressed or chosen."""
    if is_meant(action_id, value):
        return
    action = pressed(action_id, value)[is_menu]
    where = on_a_card(door) | {"view": window("x", metadata, {})}

    await door.knocks(type="block_actions", actions=[action], **where)


@pytest.mark.parametrize("callback_id", WINDOWS)
async def test_every_window_with_bad_content(door: Door, callback_id: str) -> None:
    """What we keep in it is not what we wrote."""
    for metadata in NASTY:
        view = window(callback_id, metadata, dict.fromkeys(NAMES, metadata))

        answer = await door.knocks(type="view_submission", view=view)

        assert "response_action" in answer.body


async def test_a_window_that_lost_its_channel_binds_nothing(door: Door) -> None:
    """The environment is right, and where to bind it is not what Ferry wrote."""
    for metadata in NASTY:
        view = window(Callback.BINDING_SUBMIT, metadata, {"environment": "production"})

        answer = await door.knocks(type="view_submission", view=view)

        assert "cannot make sense of" in answer.body


@MANY
@given(
    callback_id=st.sampled_from(WINDOWS),
    metadata=TEXT,
    typed=st.dictionaries(st.sampled_from(NAMES), TEXT),
)
async def test_any_content_of_any_window(
    door: Door, callback_id: str, metadata: str, typed: dict[str, str]
) -> None:
    """What we keep in it, and what is filled in."""
    view = window(callback_id, metadata, typed)

    answer = await door.knocks(type="view_submission", view=view)

    assert "response_action" in answer.body


@MANY
@given(verb=st.sampled_from(LINES), text=TEXT)
async def test_any_line(door: Door, verb: str, text: str) -> None:
    """What people type, and what Slack makes of it."""
    who = {"user_id": ANA.user_id, "team_id": TEAM_ID, "channel_id": STAGING}
    line = {"command": "/migrate", "text": f"{verb} {text}", "trigger_id": "1.2.3"}
    before = len(door.told)
    with structlog.testing.capture_logs() as logs:
        rows = door.rows()
        body = who | line | {"response_url": door.url}
        await door.ferry.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        await until(lambda: not len(door.ferry.work), "it is answered")

    assert [log for log in logs if log["log_level"] == "error"] == []
    assert door.rows() == rows
    assert len(door.told) > before


@MANY
@given(text=TEXT)
async def test_any_search(door: Door, text: str) -> None:
    """What is typed into a menu that asks for its options."""
    answer = await door.knocks(
        type="block_suggestion", action_id=Action.RUN_JOB, block_id="b", value=text
    )

    assert "options" in answer.body


async def test_a_plan_that_is_not_the_one_that_waits(door: Door) -> None:
    """The number is right, the hash is another's: nothing starts, and the person is told."""
    value = f"{door.waiting.id}:{'0' * 64}"
    (action, _) = pressed(Action.EXECUTION_CONFIRM, value)
    place = {"type": "message", "message_ts": "1.1", "channel_id": PRODUCTION}
    who = {"user": {"id": BRUNO.user_id, "team_id": TEAM_ID}}

    await door.knocks(
        type="block_actions",
        actions=[action],
        channel={"id": PRODUCTION},
        container=place,
        response_url=door.url,
        **who,
    )

    assert "This button shows another plan than the one that waits" in str(door.told)
