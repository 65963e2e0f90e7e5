"""Locks and freeze windows as people type and press them."""

from datetime import timedelta
from typing import Any

import pytest

from db.model.execution import Status
from handlers.herald import Herald
from playground import screen
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In, launched
from tests.support.database import Clock
from tests.support.outbox import outbox_on
from tests.support.remote import eventually
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, GOOD, NOWHERE, PRODUCTION, STAGING

LINE = "/migrate run import-patients sistema=iclinic practitioner-id=320623"


def words(note: dict[str, object]) -> str:
    """Return what can be read."""
    return screen.shown(screen.words(note))


async def locked(ferry: In, *, is_shut: bool) -> None:
    """Wait until something is locked, or nothing is."""
    await eventually(
        lambda: ferry.services.locks.standings(BRUNO),
        lambda found: any(one.lock for one in found) is is_shut,
    )


async def test_lock_is_answered_and_unlock_as_well(ferry: In, bruno: Person) -> None:
    """In one line each; what waits is counted."""
    await launched(ferry)
    await bruno.types(PRODUCTION, "/migrate lock staging for 2h deploying version 8")
    told = await bruno.told(PRODUCTION, "is locked until")
    assert "deploying version 8." in words(told)
    assert "Nothing runs there now, 1 waits in the queue." in words(told)
    assert "<!date^" in str(told["blocks"])
    await bruno.types(PRODUCTION, "/migrate unlock staging")
    told = await bruno.told(PRODUCTION, "is open again. 1 run that waited starts now.")

    assert "Announced in #C0STAGING." in words(told)


async def test_where_it_is_announced_there_is_no_receipt(ferry: In, bruno: Person) -> None:
    """Who locks a channel's own environment reads it there, as all do, and once."""
    await bruno.types(STAGING, "/migrate lock for 2h deploying")
    await locked(ferry, is_shut=True)
    await bruno.types(STAGING, "/migrate unlock")
    await locked(ferry, is_shut=False)
    await until(lambda: not len(ferry.work), "answered")

    assert "Announced in" not in str(await bruno.state(STAGING))


async def test_until_is_meant_in_the_person_s_own_time_zone(
    ferry: In, bruno: Person, clock: Clock
) -> None:
    """It is 12:09 in São Paulo, where Bruno is; and he is told the moment."""
    await bruno.types(PRODUCTION, "/migrate lock staging until 18:00 deploying")
    told = await bruno.told(PRODUCTION, "is locked until")

    (one,) = [each for each in await ferry.services.locks.standings(BRUNO) if each.lock]
    assert one.lock is not None
    assert one.lock.until == clock().replace(hour=21, minute=0, second=0, microsecond=0)
    assert f"<!date^{int(one.lock.until.timestamp())}^" in str(told["blocks"])


@pytest.mark.parametrize(
    ("channel", "line", "answer"),
    [
        pytest.param(STAGING, "lock", "The reason is missing", id="nothing"),
        pytest.param(STAGING, "lock staging", "Why is staging to be locked?", id="no reason"),
        pytest.param(STAGING, "lock for 2h", "The reason is missing", id="only an end"),
        pytest.param(STAGING, "lock stagin deploying", "Did you mean staging?", id="typo"),
        pytest.param(STAGING, "lock prod deploying", "Did you mean production?", id="short"),
        pytest.param(
            STAGING, "lock moon for 2h deploying", "no environment called moon", id="unknown"
        ),
        pytest.param(NOWHERE, "lock moon deploying", "no environment called moon", id="unbound"),
        pytest.param(NOWHERE, "lock for 2h x", "Name the environment", id="unbound, unnamed"),
        pytest.param(STAGING, "lock until 9:00 x", "That end is over already", id="past"),
        pytest.param(STAGING, "lock until 25:00 x", "is not a time of day", id="no time"),
        pytest.param(STAGING, "unlock", "staging is not locked", id="open"),
        pytest.param(STAGING, "unlock moon", "no environment called moon", id="unlock unknown"),
        pytest.param(
            STAGING, 'freeze "0 18 * * 5" 60h UTC rest', "that takes an admin", id="freeze by Bruno"
        ),
    ],
)
async def test_what_is_not_understood_is_answered_with_an_example(
    ferry: In, bruno: Person, channel: str, line: str, answer: str
) -> None:
    """And nothing is locked by mistake."""
    await bruno.types(channel, f"/migrate {line}")
    await bruno.told(channel, answer)

    assert all(one.closed is None for one in await ferry.services.locks.standings(BRUNO))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        pytest.param("freeze staging x", "Something is missing", id="freeze"),
        pytest.param("unfreeze", "Its number is missing", id="unfreeze"),
        pytest.param("unfreeze 7", "There is no freeze window 7", id="unfreeze unknown"),
    ],
)
async def test_window_that_is_not_understood_is_answered_with_an_example(
    ferry: In, ana: Person, line: str, answer: str
) -> None:
    """For who may change windows."""
    del ferry
    await ana.types(STAGING, f"/migrate {line}")
    await ana.told(STAGING, answer)


async def test_word_that_is_no_environment_is_the_beginning_of_the_reason(
    ferry: In, bruno: Person
) -> None:
    """The channel says where."""
    await bruno.types(STAGING, "/migrate lock deploy of version 8")
    await locked(ferry, is_shut=True)

    (one,) = [each for each in await ferry.services.locks.standings(BRUNO) if each.lock]
    assert one.lock is not None
    assert one.lock.reason == "deploy of version 8"


async def test_locks_are_listed_and_opened_by_who_may(
    ferry: In, ana: Person, bruno: Person, slack: PlaygroundSlack
) -> None:
    """Carla sees no button; Bruno, who locked it, does."""
    await bruno.types(STAGING, "/migrate locks")
    await bruno.told(STAGING, "Nothing is locked")
    await ferry.services.locks.lock("staging", BRUNO, "deploying")
    carla = Person(slack.url, "U0CARLA")
    await carla.types(STAGING, "/migrate locks")
    hers = await carla.told(STAGING, "Closed (1)")
    await carla.types(STAGING, "/migrate unlock")
    await carla.told(STAGING, "Only they or an admin may open it.")
    await ana.types(STAGING, "/migrate lock mine now")
    await ana.told(STAGING, "So nothing was changed.")
    await bruno.types(STAGING, "/migrate locks")
    his = await bruno.told(STAGING, "Closed (1)")
    await bruno.clicks(his, "Unlock", confirm=True)
    await locked(ferry, is_shut=False)

    assert "locked by @U0BRUNO: deploying" in words(hers)
    assert "Unlock" not in words(hers)


async def test_form_locks_from_the_list_of_environments(
    ferry: In, bruno: Person, clock: Clock
) -> None:
    """Its end is refused at its field; the list shows the lock, with the button that opens it."""
    await bruno.types(STAGING, "/migrate envs")
    await bruno.clicks(await bruno.told(STAGING, "Environments (2)"), "Lock…")
    view = await bruno.modal("Lock an environment")
    errors = await bruno.submits(await bruno.fills(view, {"Why": "deploying", "Until": "soon"}))
    assert list(errors) == ["Until"]
    assert await bruno.submits(await bruno.fills(view, {"Until": "2h"})) == {}
    receipt = await bruno.modal("Locked")
    await bruno.types(STAGING, "/migrate envs")
    told = await bruno.told(STAGING, "staging is locked by @U0BRUNO")
    await bruno.clicks(told, "Unlock", confirm=True)
    await bruno.told(STAGING, "Nothing is locked")

    assert "deploying." in words(receipt)
    async with ferry.services.locks._ground.db.read() as repos:
        (row,) = await repos.locks.history(1)
    assert row.until == clock() + timedelta(hours=2)


async def test_run_is_refused_where_it_is_locked(ferry: In, ana: Person, bruno: Person) -> None:
    """By a line with the reason, in the form with nothing to submit; Ana may break the glass."""
    await ferry.services.locks.lock("staging", BRUNO, "deploying")
    await bruno.types(STAGING, LINE)
    refused = await bruno.told(STAGING, "is locked by")
    await bruno.types(STAGING, "/migrate run")
    shut = await bruno.modal("Run a job")
    await ana.types(STAGING, LINE)
    await ana.clicks(await ana.told(STAGING, "is locked by"), "Open the form")
    view = await ana.modal("Run a job")
    assert "Break the glass: why must it run now?" in words(view)
    view = await ana.fills(view, {"Break the glass: why must it run now?": "the clinic is down"})
    assert await ana.submits(view) == {}

    (one,) = await ferry.services.history.recent()
    assert "@U0BRUNO: deploying. Nothing starts there." in words(refused).replace("`", "")
    assert "Open the form" not in words(refused)
    assert "staging is locked by @U0BRUNO: deploying" in words(shut)
    assert not shut["submit"]
    assert (one.parameters, one.status) == (GOOD, Status.QUEUED)
    assert (one.overridden_by, one.override_reason) == (ANA.user_id, "the clinic is down")


async def test_form_that_was_open_before_the_lock_says_so_on_top(ferry: In, bruno: Person) -> None:
    """What was typed stays."""
    await bruno.types(STAGING, "/migrate run")
    view = await bruno.modal("Run a job")
    view = await bruno.fills(view, {"sistema": "iclinic", "practitioner-id": "320623"})
    await ferry.services.locks.lock("staging", ANA, "deploying")
    await bruno.submits(view)
    again = await bruno.modal("Run a job")

    assert "staging is locked by @U0ANA" in words(again).replace("`", "")
    assert "320623" in str(again["blocks"])
    assert await ferry.services.history.recent() == []


async def test_form_of_the_shortcut_leads_out_of_a_locked_channel(ferry: In, bruno: Person) -> None:
    """Another channel can be picked, and its form has everything again."""
    await ferry.services.locks.lock("staging", ANA, "deploying")
    await bruno.uses("run_job")
    view = await bruno.chooses(await bruno.modal("Run a job"), "Channel", "staging-ops")
    assert "staging is locked by @U0ANA" in words(view)
    view = await bruno.chooses(view, "Pick a channel", "prod-ops")
    view = await bruno.fills(view, {"sistema": "iclinic", "practitioner-id": "1"})
    assert await bruno.submits(view) == {}

    (one,) = await ferry.services.history.recent()
    assert one.channel_id == PRODUCTION


async def test_home_and_queue_say_what_is_closed(ferry: In, bruno: Person) -> None:
    """In the same words."""
    await launched(ferry)
    await ferry.services.locks.lock("staging", ANA, "deploying")
    await bruno.opens_home()
    home = words(await bruno.home("staging is locked by @U0ANA: deploying."))
    await bruno.types(STAGING, "/migrate queue")
    line = words(await bruno.told(STAGING, "Queue in staging (1)"))

    assert "🔒" in home
    assert "🔒 waits: staging is locked by @U0ANA: deploying" in line


async def test_herald_tells_the_channels_once(
    ferry: In, slack: PlaygroundSlack, bruno: Person, clock: Clock
) -> None:
    """What was closed, that it opened by itself, also where Ferry is no member of a channel."""
    await ferry.services.bindings.bind("C0QUIET", "staging", ANA)
    await ferry.services.locks.lock("staging", ANA, "deploying", clock() + timedelta(hours=1))
    async with outbox_on(slack) as outbox:
        herald = Herald(ferry.services.locks, ferry.services.news, outbox)
        await herald.tell()
        assert await ferry.services.locks.untold()  # others have the turn
        assert await ferry.services.news.take_turn()
        await herald.tell()
        await herald.tell()
        closed = await bruno.sees(STAGING, "@U0ANA locked 🟡 staging until")
        clock.advance(3600)
        await ferry.services.locks.open_due()
        await ferry.services.news.take_turn()
        await herald.tell()
        opened = await bruno.sees(STAGING, "is open again: the lock of @U0ANA has ended.")

    posted = (await bruno.state(STAGING))["messages"][STAGING]
    assert [post["ts"] for post in posted] == [closed["ts"], opened["ts"]]
    assert await ferry.services.locks.untold() == []


async def test_windows_are_made_listed_and_dropped(ferry: In, ana: Person, bruno: Person) -> None:
    """By a line and by the form; the next times are shown, the channel reads it."""
    await ana.types(STAGING, '/migrate freeze staging "0 18 * * 5" 60h America/Sao_Paulo rest')
    made = await ana.told(STAGING, "is frozen at these times from now on")
    await bruno.sees(STAGING, "@U0ANA made a freeze window for 🟡 staging")
    await ana.types(STAGING, "/migrate freezes")
    await ana.clicks(await ana.told(STAGING, "Freeze windows (1)"), "New freeze window…")
    view = await ana.modal("New freeze window")
    bad: dict[str, Any] = {
        "Environment": "production",
        "Begins": "0 0 1 * *",
        "Lasts": "long",
        "Why": "month end",
    }
    errors = await ana.submits(await ana.fills(view, bad))
    assert list(errors) == ["Lasts"]
    assert await ana.submits(await ana.fills(view, {"Lasts": "1d"})) == {}
    await ana.modal("Freeze window")
    await bruno.types(STAGING, "/migrate freezes")
    his = await bruno.told(STAGING, "Freeze windows (2)")
    await ana.types(STAGING, "/migrate unfreeze 1")
    await ana.told(STAGING, "The freeze window 1 of 🟡 staging is gone")
    await ana.types(STAGING, "/migrate freezes")
    await ana.clicks(await ana.told(STAGING, "month end"), "Drop", confirm=True)
    await ana.told(STAGING, "The freeze window 2 of 🔴 production is gone")

    assert str(made["blocks"]).count("<!date^") == 6
    assert "Drop" not in words(his)
    assert await ferry.services.freezes.all() == []
