"""Environments, sources, jobs, bindings."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from db.database import Database
from db.model.catalog import JobDraft, Kind, RetryPolicy, SilenceAction, SourceDraft
from db.model.errors import Conflict
from db.repos import Repos
from executor.rules.retries import LISTABLE
from tests.db.seeds import SPECS, STAGING, world
from tests.support.database import Clock


async def test_an_environment_comes_back_as_it_was_drafted(
    database: Database, clock: Clock
) -> None:
    """Every field of the draft is stored, with aware times."""
    async with database.begin() as repos:
        added = await repos.environments.add(STAGING)

    async with database.read() as repos:
        found = await repos.environments.named("staging")

    assert found == added
    assert {name: asdict(added)[name] for name in asdict(STAGING)} == asdict(STAGING)
    assert added.created_at == clock.now
    assert added.created_at.tzinfo is not None


async def test_an_environment_keeps_its_timers(database: Database) -> None:
    """Also where they are not as usual."""
    draft = replace(STAGING, grace_s=30, queue_timeout_s=7 * 86_400, connect_timeout_s=120)

    async with database.begin() as repos:
        added = await repos.environments.add(draft)

    assert (added.grace_s, added.queue_timeout_s, added.connect_timeout_s) == (30, 604_800, 120)


async def test_environments_are_listed_by_name(database: Database) -> None:
    """The order does not depend on who was first."""
    async with database.begin() as repos:
        for name in ("zeta", "alfa", "production"):
            await repos.environments.add(replace(STAGING, name=name))

    async with database.read() as repos:
        names = [environment.name for environment in await repos.environments.all()]

    assert names == ["alfa", "production", "zeta"]


async def test_names_differ_by_case_and_accent_alike_on_both_databases(database: Database) -> None:
    """Text compares byte by byte: MariaDB's usual collation would take these for one name."""
    async with database.begin() as repos:
        for name in ("jose", "José", "JOSE"):
            await repos.sources.add(SourceDraft(name=name))

    async with database.read() as repos:
        found = await repos.sources.named("José")

    assert found is not None
    assert found.name == "José"


async def test_a_pinned_host_key_replaces_the_old_one(database: Database, clock: Clock) -> None:
    """Pinning changes the key and the time of change, nothing else."""
    place = await world(database)
    later = clock.advance(60)

    async with database.begin() as repos:
        await repos.environments.pin_host_key(place.environment.id, "ssh-ed25519 NEW")
        found = await repos.environments.get(place.environment.id)

    assert found == replace(place.environment, host_key="ssh-ed25519 NEW", updated_at=later)


@pytest.mark.parametrize("kind", ["environment", "source", "job"])
async def test_a_taken_name_is_a_conflict_that_says_so(database: Database, kind: str) -> None:
    """The sentence names the thing, and the transaction can go on."""
    place = await world(database)
    again = JobDraft(name="import-patients", source_id=place.source.id, script="/x")
    add: dict[str, Callable[[Repos], Awaitable[object]]] = {
        "environment": lambda repos: repos.environments.add(STAGING),
        "source": lambda repos: repos.sources.add(SourceDraft(name="iclinic")),
        "job": lambda repos: repos.jobs.add(again, "U2"),
    }

    async with database.begin() as repos:
        with pytest.raises(Conflict, match=f"{kind} named .* exists already"):
            await add[kind](repos)
        await repos.sources.add(SourceDraft(name="medpro"))

    async with database.read() as repos:
        assert [source.name for source in await repos.sources.all()] == ["iclinic", "medpro"]


async def test_a_job_of_no_source_is_a_bug_and_not_a_taken_name(database: Database) -> None:
    """Foreign keys hold on both databases, and are not told as a conflict of names."""
    with pytest.raises(IntegrityError):
        async with database.begin() as repos:
            await repos.jobs.add(JobDraft(name="j", source_id=77, script="/x"), "U1")


async def test_a_job_comes_back_with_its_parameters(database: Database) -> None:
    """Types, choices, limits and 4-byte characters survive JSON."""
    place = await world(database)

    async with database.read() as repos:
        named = await repos.jobs.named("import-patients")
        first = await repos.jobs.get(place.job.id, 1)

    assert named == first == place.job
    assert named.parameters == SPECS
    assert (named.source_name, named.version, named.timeout_s) == ("iclinic", 1, 900)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param({}, id="nothing is said"),
        pytest.param(
            {"retry": RetryPolicy(attempts=3, delay_s=60), "silence_s": 600}, id="usual ones"
        ),
        pytest.param(
            {
                "concurrency": 50,
                "concurrency_key": "ü😀" + "{sistema}:" + "{limite}" * 23,
                "retry": RetryPolicy(attempts=10, delay_s=3600, categories=LISTABLE),
                "silence_s": 86_400,
                "silence_action": SilenceAction.STOP,
            },
            id="the most there may be",
        ),
    ],
)
async def test_a_job_keeps_how_it_runs(database: Database, policy: dict[str, Any]) -> None:
    """Limits, key, retries and silence come back as they were drafted."""
    place = await world(database)
    draft = JobDraft(name="j", source_id=place.source.id, script="/x", **policy)

    async with database.begin() as repos:
        await repos.jobs.add(draft, "U1")
    async with database.read() as repos:
        found = await repos.jobs.named("j")

    assert found is not None
    assert {name: getattr(found, name) for name in JobDraft.__dataclass_fields__} == {
        name: getattr(draft, name) for name in JobDraft.__dataclass_fields__
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("", ["a_b", "axb", "import-patients"], id="nothing: all"),
        pytest.param("PATIENT", ["import-patients"], id="part of the name, any case"),
        pytest.param("iclinic", ["a_b", "axb", "import-patients"], id="the source"),
        pytest.param("a_b", ["a_b"], id="underscore is itself"),
        pytest.param("%", [], id="percent is itself"),
    ],
)
async def test_jobs_are_found_by_words(database: Database, words: str, found: list[str]) -> None:
    """What people type is text, not a pattern."""
    place = await world(database)
    async with database.begin() as repos:
        for name in ("axb", "a_b"):
            await repos.jobs.add(JobDraft(name=name, source_id=place.source.id, script="/x"), "U1")

    async with database.read() as repos:
        jobs = await repos.jobs.search(words, 10)

    assert [job.name for job in jobs] == found


async def test_a_source_keeps_its_default_values(database: Database) -> None:
    """A mapping of text comes back as it was."""
    defaults = {"sistema": "iclinic", "emoji": "😀", "quote": "\"'\\ %s ?"}

    async with database.begin() as repos:
        source = await repos.sources.add(SourceDraft(name="x", description="d", defaults=defaults))

    assert source.defaults == defaults


async def test_binding_a_channel_again_replaces_its_environment(
    database: Database, clock: Clock
) -> None:
    """One environment a channel; unbinding twice says that nothing was bound."""
    place = await world(database)
    async with database.begin() as repos:
        other = await repos.environments.add(
            replace(STAGING, name="production", kind=Kind.PRODUCTION)
        )
        await repos.bindings.put("C1", place.environment.id, "U1")
        clock.advance(5)
        await repos.bindings.put("C1", other.id, "U2")

    async with database.begin() as repos:
        found = await repos.bindings.of("C1")
        dropped = [await repos.bindings.drop("C1"), await repos.bindings.drop("C1")]

    assert found is not None
    assert (found.environment_id, found.bound_by, found.created_at) == (other.id, "U2", clock.now)
    assert dropped == [True, False]


async def test_many_who_bind_one_channel_at_once_all_succeed(database: Database) -> None:
    """The last word counts, and nobody sees a failure."""
    place = await world(database)

    async def bind(number: int) -> None:
        async with database.begin() as repos:
            await repos.bindings.put("C1", place.environment.id, f"U{number}")

    await asyncio.gather(*(bind(number) for number in range(10)))

    async with database.read() as repos:
        assert len(await repos.bindings.all()) == 1
