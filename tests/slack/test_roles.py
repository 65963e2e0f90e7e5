"""Who has which role: shown, given by line and by form, taken away, and what is refused."""

from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.model.grants import EVERYONE, EVERYWHERE, Grant, Holder, Role, Subject
from executor.rules.access import LEAST, Verb
from executor.services import Ask
from playground.choices import Value
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In
from tests.support.world import ANA, GOOD, NOWHERE, PRODUCTION, STAGING, another

OPS, TO_BRUNO = Subject(Holder.GROUP, "S0OPS"), Subject(Holder.PERSON, "U0BRUNO")
#: Open to viewers for what was theirs before; the help tells them to who may run.
OWN = {"cancel", "totp"}


async def grants(ferry: In) -> tuple[Grant, ...]:
    """Return what was given."""
    return (await ferry.services.grants.roles(ANA)).grants


async def test_a_role_is_given_shown_and_taken(ferry: In, ana: Person, bruno: Person) -> None:
    """By a line in the channel of its environment; the list takes it away after a question."""
    await ana.types(STAGING, "/migrate grants")
    told = await ana.told(STAGING, "Nobody was given a role yet: everybody is an operator.")
    assert "/migrate grant @ana approver production" in str(told["blocks"])
    await ana.types(STAGING, "/migrate grant @bruno approver")
    told = await ana.told(STAGING, "is an approver on 🟡 staging, the environment of this channel")
    await ana.clicks(told, "Who has which role")
    listed = await ana.told(STAGING, "Roles (1)")
    await bruno.types(STAGING, "/migrate grants")
    read_only = await bruno.told(STAGING, "Roles (1)")
    await ana.clicks(listed, "Take away", confirm=False)
    assert len(await grants(ferry)) == 1
    await ana.clicks(listed, "Take away", confirm=True)
    await ana.told(STAGING, "is no longer an approver on 🟡 staging.")

    assert await grants(ferry) == ()
    assert "Take away" not in str(read_only["blocks"])
    assert "Grant a role" not in str(read_only["blocks"])


async def test_the_place_is_typed_or_the_channel_s(ferry: In, ana: Person) -> None:
    """Everywhere has to be said; a person, a group and everyone may have one."""
    await ana.types(NOWHERE, "/migrate grant @bruno admin")
    await ana.told(NOWHERE, "Where? This channel runs in no environment")
    await ana.types(NOWHERE, "/migrate grant @bruno admin everywhere")
    await ana.told(NOWHERE, "is an admin everywhere, from now on.")
    await ana.types(NOWHERE, "/migrate grant @migrations-ops approver production")
    await ana.told(NOWHERE, "are each an approver on 🔴 production, from now on.")
    await ana.types(NOWHERE, "/migrate grant @everyone viewer production")
    await ana.told(NOWHERE, "Everyone is a viewer on 🔴 production, from now on.")
    await ana.types(PRODUCTION, "/migrate revoke everyone")
    told = await ana.told(PRODUCTION, "Everyone is no longer a viewer on 🔴 production")

    assert "that is an operator" in str(told["blocks"])
    production = await ferry.services.catalog.environment("production")
    assert {(one.holder, one.environment_id, one.role) for one in await grants(ferry)} == {
        (TO_BRUNO, EVERYWHERE, Role.ADMIN),
        (OPS, production.id, Role.APPROVER),
    }


async def test_the_form_gives_a_role(ferry: In, ana: Person) -> None:
    """A person or a group, one of the two; what is wrong is told at its field."""
    await ana.types(STAGING, "/migrate grants")
    await ana.clicks(await ana.told(STAGING, "Nobody was given a role yet"), "Grant a role…")
    view = await ana.modal("Grant a role")
    view = await ana.fills(view, {"Role": "approver", "Where": "production"})
    neither = await ana.submits(view)
    view = await ana.fills(view, {"Person": "guest"})
    guest = await ana.submits(view)
    either: dict[str, Value] = {
        "Person": "bruno",
        "Or a user group, or everyone": "@migrations-ops",
    }
    both = await ana.submits(await ana.fills(view, either))
    view = await ana.fills(view, {"Person": None})
    assert await ana.submits(view) == {}
    told = await ana.modal("Granted")

    assert neither == {"Person": "Pick a person here, or a group."}
    assert guest == {
        "Person": "This person is a guest, so no role was given: they could not use it."
    }
    assert both == {"Person": "Pick only one of the two."}
    assert "are each an approver" in str(told["blocks"])
    assert [one.holder for one in await grants(ferry)] == [OPS]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("@bruno", "It is missing which role.", id="no role"),
        pytest.param("@bruno oprator", "Did you mean operator?", id="mistyped role"),
        pytest.param("@bruno operator stagin", "Did you mean staging?", id="mistyped place"),
        pytest.param("@bruno operator staging please", "more than one role", id="too much"),
        pytest.param("bruno operator", "bruno is only a name", id="a plain name"),
        pytest.param("@nobody operator", "@nobody is only a name", id="nobody's name"),
        pytest.param("U0BRUNO operator", "U0BRUNO is only a name", id="an id"),
        pytest.param("<@U0GONE> operator", "is unknown to Slack", id="unknown person"),
        pytest.param("@guest operator", "is a guest, so no role was given", id="guest"),
        pytest.param("@ferry operator", "is a bot, so no role was given", id="bot"),
        pytest.param("@carla operator", "is deactivated, so no role was given", id="left"),
        pytest.param("<!subteam^S0GONE|@gone> viewer", "is unknown to Slack", id="unknown group"),
        pytest.param("@off viewer", "or switched off", id="disabled group"),
        pytest.param("<!channel> operator", "is only a name", id="the channel"),
    ],
)
async def test_wrong_lines_are_told_in_words_and_change_nothing(
    ferry: In, slack: PlaygroundSlack, ana: Person, line: str, said: str
) -> None:
    """Each says what was wrong and how it is done."""
    slack.workspace.user("U0CARLA")["deleted"] = True
    await slack.control.usergroup({"id": "S0OFF", "handle": "off", "disabled": True})

    await ana.types(STAGING, f"/migrate grant {line}")
    await ana.told(STAGING, said)

    assert await grants(ferry) == ()


async def test_only_admins_give_roles(ferry: In, slack: PlaygroundSlack, bruno: Person) -> None:
    """Others learn whom to ask, before Slack is asked anything about anybody."""
    await bruno.types(STAGING, "/migrate grant @bruno admin everywhere")
    told = await bruno.told(STAGING, "that takes an admin")
    await bruno.types(STAGING, "/migrate revoke @ana everywhere")

    assert "<@U0ANA>" in str(told["blocks"])
    assert await grants(ferry) == ()
    assert len(slack.control.calls("users.info")) == 1


async def test_admin_of_one_environment_sees_and_gives_only_there(
    ferry: In, ana: Person, bruno: Person
) -> None:
    """The form offers that place alone, and the line refuses another one."""
    await ana.types(STAGING, "/migrate grant @bruno admin")
    await ana.told(STAGING, "is an admin on 🟡 staging")
    await bruno.types(STAGING, "/migrate grant")
    view = await bruno.modal("Grant a role")
    options = view["blocks"][-1]["element"]["options"]
    await bruno.closes(view)
    await bruno.types(STAGING, "/migrate grant @carla operator production")
    await bruno.told(STAGING, "that takes an admin")
    await bruno.types(STAGING, "/migrate grant @carla admin staging")
    await bruno.told(STAGING, "is an admin on 🟡 staging, from now on.")

    assert [one["value"] for one in options] == ["staging"]
    assert len(await grants(ferry)) == 2


async def test_receipts_say_what_a_role_comes_to(ferry: In, ana: Person, bruno: Person) -> None:
    """Less than everyone has, what the settings say, the same again, and one's own."""
    del ferry
    await ana.types(STAGING, "/migrate grant @bruno viewer")
    told = await ana.told(STAGING, "is a viewer on 🟡 staging")
    assert "Everyone is an operator there, so this makes no difference" in str(told["blocks"])
    await ana.types(STAGING, "/migrate grant @bruno viewer")
    await ana.told(STAGING, "already, so nothing changed.")
    await ana.types(STAGING, "/migrate grant @ana viewer")
    await ana.told(STAGING, "FERRY_ADMINS makes them an admin everywhere all the same.")
    await ana.types(STAGING, "/migrate grant @bruno admin everywhere")
    await ana.told(STAGING, "is an admin everywhere, from now on.")
    await bruno.types(STAGING, "/migrate revoke @bruno everywhere")
    await bruno.told(STAGING, "only another admin can give it back.")
    await bruno.types(STAGING, "/migrate revoke @bruno everywhere")
    await bruno.told(STAGING, "that takes an admin")
    await ana.types(STAGING, "/migrate revoke @bruno everywhere")
    told = await ana.told(STAGING, "There is no such role to take away everywhere")
    assert "There is: viewer on staging." in str(told["blocks"])


async def test_old_button_takes_nothing_else_away(ferry: In, ana: Person) -> None:
    """The row showed another role than there is now; and a made-up value is no role at all."""
    await ferry.services.grants.give(TO_BRUNO, Role.OPERATOR, "staging", ANA)
    await ana.types(STAGING, "/migrate grants")
    listed = await ana.told(STAGING, "Roles (1)")
    await ferry.services.grants.give(TO_BRUNO, Role.APPROVER, "staging", ANA)

    await ana.clicks(listed, "Take away", confirm=True)
    await ana.told(STAGING, "There is: approver on staging.")

    assert [one.role for one in await grants(ferry)] == [Role.APPROVER]


@pytest.mark.parametrize("value", ["", "1", "person:U0BRUNO:staging:king", "x:y:z:admin", ":::::"])
async def test_forged_button_takes_nothing_away(
    ferry: In, ana: Person, client: AsyncWebClient, value: str
) -> None:
    """What a button says is read strictly."""
    await ferry.services.grants.give(TO_BRUNO, Role.OPERATOR, "staging", ANA)
    text = {"type": "plain_text", "text": "Take away"}
    button = {"type": "button", "text": text, "action_id": "grant.take", "value": value or "-"}
    blocks = [{"type": "actions", "elements": [button]}]
    await client.chat_postMessage(channel=STAGING, text="forged", blocks=blocks)

    await ana.clicks(await ana.sees(STAGING, ""), "Take away")
    await ana.told(STAGING, "This button shows no role that Ferry knows")

    assert len(await grants(ferry)) == 1


async def test_a_group_s_role_counts_for_its_members(
    ferry: In, slack: PlaygroundSlack, bruno: Person
) -> None:
    """In the group Bruno runs, out of it he does not, and while Slack is silent he is told."""
    await ferry.services.grants.give(EVERYONE, Role.VIEWER, "", ANA)
    await ferry.services.grants.give(OPS, Role.OPERATOR, "staging", ANA)
    line = "/migrate run import-patients iclinic 320623"

    await slack.control.faults({"method": "usergroups.list", "error": "fatal_error", "times": 1})
    await bruno.types(STAGING, line)
    await bruno.told(STAGING, "Slack did not say who is in which user group")
    ferry.clock.advance(15)
    await bruno.types(STAGING, line)
    await bruno.told(STAGING, "that takes an operator, and you are a viewer.")
    await slack.control.usergroup({"id": "S0OPS", "users": ["U0BRUNO"]})
    ferry.clock.advance(180)
    await bruno.types(STAGING, line)
    await bruno.told(STAGING, "is asked for")

    assert len(await ferry.services.history.recent()) == 1


async def test_without_the_scope_groups_are_refused_in_words(
    ferry: In, slack: PlaygroundSlack, ana: Person
) -> None:
    """The line and the form say what is missing; people still get their roles."""
    slack.workspace.scopes -= {"usergroups:read"}

    await ana.types(STAGING, "/migrate grant @migrations-ops operator")
    await ana.told(STAGING, "its bot token lacks the scope usergroups:read")
    await ana.types(STAGING, "/migrate grant")
    view = await ana.modal("Grant a role")
    await ana.types(STAGING, "/migrate grant @bruno approver")
    await ana.told(STAGING, "is an approver on 🟡 staging")

    assert "lacks the scope `usergroups:read`" in str(view["blocks"][0])
    assert [one.holder for one in await grants(ferry)] == [TO_BRUNO]


async def test_a_viewer_is_offered_only_what_a_viewer_may_press(
    ferry: In, ana: Person, bruno: Person
) -> None:
    """In answers to them alone; where they are more, they see more."""
    await ferry.services.grants.give(EVERYONE, Role.VIEWER, "production", ANA)
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=ANA, values=GOOD)
    await ferry.services.launcher.launch(ask)
    over = await ferry.services.launcher.launch(replace(ask, values=another()))
    await ferry.services.controls.cancel(over.id, ANA)

    for verb, words in (
        ("jobs", "Jobs (1)"),
        ("status", "Running"),
        (f"status {over.id}", "Discarded"),
    ):
        await bruno.types(PRODUCTION, f"/migrate {verb}")
        told = str((await bruno.told(PRODUCTION, words))["blocks"])
        await ana.types(PRODUCTION, f"/migrate {verb}")
        to_ana = str((await ana.told(PRODUCTION, words))["blocks"])
        running = ("'run.open'", "'execution.again'")
        assert not any(action in told for action in running), told
        assert any(action in to_ana for action in running), to_ana
    await bruno.types(STAGING, "/migrate jobs")
    assert "run.open" in str((await bruno.told(STAGING, "Jobs (1)"))["blocks"])
    await bruno.types(PRODUCTION, "/migrate run")
    await bruno.told(PRODUCTION, "that takes an operator")


async def test_home_offers_what_the_person_may(ferry: In, bruno: Person) -> None:
    """A viewer looks there, and begins nothing."""
    await bruno.opens_home()
    assert "run.open" in str(await bruno.home("Nothing runs"))
    await ferry.services.grants.give(EVERYONE, Role.VIEWER, "", ANA)
    await ferry.services.launcher.launch(
        Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)
    )

    await bruno.clicks(await bruno.home(), "Refresh")
    home = str(await bruno.home("import-patients"))

    assert "run.open" not in home
    assert "execution.history" in home


@pytest.mark.parametrize("role", Role)
async def test_help_shows_what_the_person_may_do(ferry: In, bruno: Person, role: Role) -> None:
    """Each command that is registered, to whom its door opens; nothing to whom it does not."""
    await ferry.services.grants.give(EVERYONE, role, "", ANA)

    await bruno.types(STAGING, "/migrate help")
    shown = str((await bruno.told(STAGING, "Ferry runs data migrations"))["blocks"])

    for route in ferry.routes.known:
        if route.kind not in {"command", "new"} or route.name in {"help", *OWN}:
            continue
        line = f"`/migrate {'new ' if route.kind == 'new' else ''}{route.name}"
        is_shown = any(f"{line}{end}" in shown for end in ("`", " "))
        assert isinstance(route.asks, Verb)
        assert is_shown is (LEAST[route.asks].rank <= role.rank), line
    assert ("/migrate grants` names them" in shown) is (role is not Role.ADMIN)
