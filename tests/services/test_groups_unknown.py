"""While Slack is silent about user groups, a yes that hangs on one is neither taken nor refused."""

from dataclasses import replace

import pytest

from db.model.catalog import ConfirmationPolicy, Kind
from db.model.errors import Unavailable
from db.model.execution import Status
from db.model.grants import Holder, Role, Subject
from executor.services import Ask, Services
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, CARLA, GOOD, environment

GUARDED = "C0GUARDED"


@pytest.mark.parametrize("policy", [ConfirmationPolicy.SOMEONE_ELSE, ConfirmationPolicy.GROUP])
async def test_a_yes_waits_for_slack_to_say_who_is_in_the_group(
    services: Services, policy: ConfirmationPolicy
) -> None:
    """An approver by their group, or a member of the group that confirms."""
    draft = environment("guarded", Kind.PRODUCTION, confirmation=policy, confirm_group="S0OPS")
    await services.catalog.create_environment(draft, ANA)
    await services.bindings.bind(GUARDED, "guarded", ANA)
    await services.grants.give(Subject(Holder.GROUP, "S0OPS"), Role.APPROVER, "", ANA)
    ask = Ask(job="import-patients", channel_id=GUARDED, by=BRUNO, values=GOOD, reason="clinic")
    asked = await looked_at(services, await services.launcher.launch(ask))

    unknown = replace(CARLA, knows_groups=False)

    with pytest.raises(Unavailable, match="who is in which user group"):
        await services.confirmations.confirm(asked.id, unknown, asked.plan_hash)
    known = replace(CARLA, groups=frozenset({"S0OPS"}))
    confirmed = await services.confirmations.confirm(asked.id, known, asked.plan_hash)

    assert confirmed.status is Status.QUEUED
