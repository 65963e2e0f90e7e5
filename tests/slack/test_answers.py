"""Yes, no and past both, as people press and type them: over real services and a real database."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.model.catalog import ConfirmationPolicy, Kind
from db.model.execution import Execution, Status
from executor.rules.estimates import Forecast
from executor.services import Ask
from handlers.views.card import execution_card
from playground.errors import Json
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.phone import Phone
from tests.support.world import ANA, BRUNO, GOOD, PRODUCTION, environment

GUARDED = "C0RANDOM"
RUN = "Run on guarded"


@pytest.fixture
def carla(slack: PlaygroundSlack) -> Person:
    """Be a third person."""
    return Person(slack.url, "U0CARLA")


class Asked:
    """A run that waits in an environment with rules, and its card as the reporter would tell it."""

    def __init__(self, ferry: In, client: AsyncWebClient, clock: Clock) -> None:
        self._ferry, self._client, self._clock = ferry, client, clock
        self.id = 0
        self.ts = ""

    async def ask(self, **rules: Any) -> None:
        """Let Bruno ask for it, and post its card."""
        services = self._ferry.services
        draft = environment("guarded", Kind.PRODUCTION, **rules)
        await services.catalog.create_environment(draft, ANA)
        await services.bindings.bind(GUARDED, "guarded", ANA)
        ask = Ask(job="import-patients", channel_id=GUARDED, by=BRUNO, values=GOOD, reason="x")
        self.id = (await looked_at(services, await services.launcher.launch(ask))).id
        told = execution_card(
            await self.now(), tail=[], forecast=Forecast(position=1), now=self._clock()
        )
        sent = await self._client.chat_postMessage(
            channel=GUARDED, text=told.text, blocks=told.blocks
        )
        self.ts = str(sent["ts"])

    async def now(self) -> Execution:
        """Return it as it is."""
        return await self._ferry.services.history.execution(self.id)

    def card(self) -> Json:
        """Return what people press on."""
        return {"ts": self.ts}


@pytest.fixture
def asked(ferry: In, client: AsyncWebClient, clock: Clock) -> Asked:
    """Give a run to be asked for."""
    return Asked(ferry, client, clock)


async def enrolled(ferry: In, clock: Clock) -> Phone:
    """Give Bruno a second factor, two hours ago."""
    phone = Phone((await ferry.services.second_factors.begin(BRUNO)).secret, clock)
    await ferry.services.second_factors.complete(BRUNO, phone.shows())
    clock.advance(7200)
    return phone


async def test_who_asked_is_told_that_somebody_else_must_confirm(
    asked: Asked, bruno: Person
) -> None:
    """The button is there for everybody; whom it serves is decided at the click."""
    await asked.ask(confirmation=ConfirmationPolicy.SOMEONE_ELSE)

    await bruno.clicks(asked.card(), RUN, confirm=True)
    await bruno.told(GUARDED, "You asked for run #1 yourself")

    assert (await asked.now()).status is Status.AWAITING_CONFIRMATION


async def test_others_refuse_in_a_window_that_asks_why(
    asked: Asked, ferry: In, carla: Person
) -> None:
    """Without a reason it stays open; with one nothing runs."""
    await asked.ask(confirmation=ConfirmationPolicy.SOMEONE_ELSE)
    await carla.clicks(asked.card(), "Discard")
    await carla.told(GUARDED, "belongs to <@U0BRUNO>")
    await ferry.approve("U0CARLA", "guarded")

    await carla.clicks(asked.card(), "Discard")
    window = await carla.modal("Refuse this run")
    errors = await carla.submits(await carla.fills(window, {"Why not": "   "}))
    assert await carla.submits(await carla.fills(window, {"Why not": "no backup <!channel>"})) == {}

    refused = await asked.now()
    assert list(errors) == ["Why not"]
    assert (refused.status, refused.answered_by) == (Status.DISCARDED, "U0CARLA")
    assert refused.error_message == "no backup <!channel>"


async def test_a_yes_with_a_second_factor_asks_for_its_code(
    asked: Asked, ferry: In, bruno: Person, clock: Clock
) -> None:
    """A wrong one is told at the field, the right one queues it; neither is stored anywhere."""
    phone = await enrolled(ferry, clock)
    await asked.ask(second_factor=True)

    await bruno.clicks(asked.card(), RUN, confirm=True)
    window = await bruno.modal("Confirm with a code")
    errors = await bruno.submits(await bruno.fills(window, {"Code": "12345"}))
    assert "six digits" in errors["Code"]
    errors = await bruno.submits(await bruno.fills(window, {"Code": phone.wrong()}))
    assert "4 more tries" in errors["Code"]
    assert await bruno.submits(await bruno.fills(window, {"Code": phone.shows()})) == {}

    assert "is confirmed" in str((await bruno.modal("Ferry"))["blocks"])
    assert (await asked.now()).status is Status.QUEUED


async def test_who_has_none_is_told_how_to_get_one(asked: Asked, bruno: Person) -> None:
    """No window opens."""
    await asked.ask(second_factor=True)

    await bruno.clicks(asked.card(), RUN, confirm=True)
    told = await bruno.told(GUARDED, "no second factor yet")

    assert "/migrate totp" in str(told["blocks"])


def secret_in(letter: Json) -> str:
    """Return the secret that a letter spells out."""
    return str(letter["blocks"][0]["text"]["text"]).split("`")[1].replace(" ", "")


async def test_a_second_factor_is_set_up_in_a_direct_message(
    ferry: In, bruno: Person, slack: PlaygroundSlack, clock: Clock
) -> None:
    """Picture and text come to Bruno alone; after the first code both are gone."""
    await bruno.types(PRODUCTION, "/migrate totp")
    await bruno.told(PRODUCTION, "Ferry wrote to you alone")
    letter = await bruno.sees("D0BRUNO", "Type the first code")
    picture = await bruno.sees("D0BRUNO", "Second factor: scan it")
    (file,) = picture["files"]
    assert slack.workspace.contents[file["id"]].startswith(b"\x89PNG")
    phone = Phone(secret_in(letter), clock)

    await bruno.clicks(letter, "Type the first code")
    window = await bruno.modal("Your second factor")
    errors = await bruno.submits(await bruno.fills(window, {"First code": phone.wrong()}))
    assert "4 more tries" in errors["First code"]
    assert await bruno.submits(await bruno.fills(window, {"First code": phone.shows()})) == {}

    await bruno.sees("D0BRUNO", "Your second factor is set up")
    assert await ferry.services.second_factors.is_enrolled(BRUNO)
    assert slack.workspace.files == {}
    assert phone.secret not in str(slack.workspace.messages)
    assert slack.workspace.messages[PRODUCTION] == {}


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("files.getUploadURLExternal", "*Your second factor.* Type this secret"),
        ("files.delete", "please delete it yourself"),
    ],
)
async def test_where_slack_refuses_the_picture_the_words_say_so(
    ferry: In,
    bruno: Person,
    slack: PlaygroundSlack,
    clock: Clock,
    method: str,
    told: str,
) -> None:
    """Nothing else depends on it."""
    del ferry
    await slack.control.faults({"method": method, "error": "access_denied", "times": 1})
    await bruno.types(PRODUCTION, "/migrate totp")
    letter = await bruno.sees("D0BRUNO", "Type the first code")
    before = str(letter["blocks"])
    phone = Phone(secret_in(letter), clock)

    await bruno.clicks(letter, "Type the first code")
    window = await bruno.modal("Your second factor")
    await bruno.submits(await bruno.fills(window, {"First code": phone.shows()}))

    after = await bruno.sees("D0BRUNO", "Your second factor is set up")
    assert told in before + str(after["blocks"])


async def test_another_one_takes_a_code_of_the_old_one(
    ferry: In, bruno: Person, clock: Clock
) -> None:
    """The window comes first, the letter only after it."""
    phone = await enrolled(ferry, clock)

    await bruno.types(PRODUCTION, "/migrate totp")
    window = await bruno.modal("A new second factor")
    errors = await bruno.submits(await bruno.fills(window, {"Code of the old one": phone.wrong()}))
    await bruno.submits(await bruno.fills(window, {"Code of the old one": phone.shows()}))
    letter = await bruno.sees("D0BRUNO", "Type the first code")

    assert "4 more tries" in errors["Code of the old one"]
    assert secret_in(letter) != phone.secret


async def test_an_admin_forgets_a_lost_one(
    ferry: In, ana: Person, bruno: Person, clock: Clock
) -> None:
    """Named by mention; anything else is told how."""
    await enrolled(ferry, clock)

    await bruno.types(PRODUCTION, "/migrate totp reset <@U0BRUNO|bruno>")
    await bruno.told(PRODUCTION, "that takes an admin")
    for line in ("reset", "reset bruno", "reset <@U0BRUNO> <@U0ANA>"):
        await ana.types(PRODUCTION, f"/migrate totp {line}")
        await ana.told(PRODUCTION, "Whose second factor? Name one person.")
    await ana.types(PRODUCTION, "/migrate totp forget <@U0BRUNO>")
    await ana.told(PRODUCTION, "nothing that `totp` does")
    assert await ferry.services.second_factors.is_enrolled(BRUNO)
    await ana.types(PRODUCTION, "/migrate totp reset <@U0BRUNO|bruno>")
    await ana.told(PRODUCTION, "second factor of <@U0BRUNO> is forgotten")

    assert not await ferry.services.second_factors.is_enrolled(BRUNO)


async def test_an_admin_breaks_the_glass_with_a_reason(
    asked: Asked, ana: Person, bruno: Person
) -> None:
    """By number; nobody else does, and not without saying why."""
    await asked.ask(confirmation=ConfirmationPolicy.SOMEONE_ELSE)
    line = f"/migrate override #{asked.id}"

    await bruno.types(GUARDED, f"{line} I want to")
    await bruno.told(GUARDED, "that takes an admin")
    await ana.types(GUARDED, line)
    await ana.told(GUARDED, "takes a reason")
    await ana.types(GUARDED, f"{line} the clinic is down")
    await ana.told(GUARDED, "goes ahead")

    now = await asked.now()
    assert (now.status, now.override_reason) == (Status.QUEUED, "the clinic is down")


async def test_where_a_reason_is_asked_for_line_and_form_say_so(
    asked: Asked, bruno: Person, ferry: In
) -> None:
    """The line is refused with the form at hand, whose field must be filled in."""
    await asked.ask(asks_reason=True)
    await ferry.services.confirmations.discard(asked.id, BRUNO)

    await bruno.types(GUARDED, "/migrate run import-patients iclinic 320623")
    refused = await bruno.told(GUARDED, "guarded asks why")
    assert 'reason="' in str(refused["blocks"])
    await bruno.clicks(refused, "Open the form")
    form = await bruno.modal("Run a job")
    (why,) = [block for block in form["blocks"] if block.get("label", {}).get("text") == "Why"]
    assert why["optional"] is False
    errors = await bruno.submits(await bruno.fills(form, {"Why": " "}))
    assert list(errors) == ["Why"]
    await bruno.types(GUARDED, '/migrate run import-patients iclinic 320623 reason="they asked"')
    await bruno.told(GUARDED, "is asked for")

    assert (await ferry.services.history.recent(limit=1))[0].reason == "they asked"


async def test_rules_are_filled_in_with_the_environment(
    ferry: In, slack: PlaygroundSlack, ana: Person
) -> None:
    """A group is picked by its handle; who picks none is told at the field."""
    members = ["U0ANA", "U0BRUNO", "U0CARLA"]
    await slack.control.usergroup({"id": "S0OPS", "handle": "ops", "users": members})
    await ana.types(PRODUCTION, "/migrate new environment")
    form = await ana.modal("New environment")
    typed: dict[str, Any] = {"Name": "dba", "Host": "h", "User": "u", "Kind": "🔴 production"}
    typed |= {"Who confirms a run": "Members of a user group", "How many of the group": "2"}
    typed |= {"Ask why": "Yes", "Second factor": "Yes"}
    typed |= {"Other settings": "Let me choose", "Host key": "ssh-ed25519 " + KEY}
    errors = await ana.submits(await ana.fills(form, typed))
    assert list(errors) == ["User group"]
    assert await ana.submits(await ana.fills(form, {"User group": "@ops"})) == {}
    await ana.types(PRODUCTION, "/migrate envs")
    listed = await ana.told(PRODUCTION, "Environments (3)")

    made = await ferry.services.catalog.environment("dba")
    assert (made.confirmation, made.confirmations) == (ConfirmationPolicy.GROUP, 2)
    assert (made.confirm_group, made.asks_reason, made.second_factor) == ("S0OPS", True, True)
    words = "2 of <!subteam^S0OPS> confirm, with a second factor, asks why"
    assert words in str(listed["blocks"])


KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
