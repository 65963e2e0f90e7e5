"""A confirmation that is void: what was confirmed is not what would run any more."""

from dataclasses import asdict
from typing import Any

from db.model.audit import FERRY
from db.model.catalog import ConfirmationPolicy
from db.model.categories import Category
from db.model.execution import Execution, Plan, Status
from db.repos import Repos
from executor.rules.differences import differences
from executor.rules.outcomes import failed
from executor.rules.plan import plan_hash
from executor.rules.veil import Veil
from executor.services.ground import Ground
from executor.services.personal import veil_of
from executor.services.records import end_attempt, error_of, ours


class Voids:
    """From running, with nothing started, back to awaiting confirmation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def void(self, execution: Execution, plan: Plan) -> bool:
        """Ask again, for *plan* as it is now; False if a person cancelled meanwhile.

        Only where no start of this attempt can begin any more. Raises LeaseLost when it is not
        ours.
        """
        now = self._ground.clock()
        async with self._ground.db.begin() as repos:
            fresh = await ours(repos, execution)
            if fresh.status is not Status.RUNNING:
                return False
            changed = ", ".join(one.what for one in differences(execution.plan, plan))
            veil = veil_of(self._ground, execution)
            await repos.executions.change(
                execution.id,
                expect={Status.RUNNING},
                fence=execution.fence,
                why=f"not what was confirmed: {changed}",
                mark=veil.mark(plan_hash(plan)),
                **_asked_again(execution, plan),
                expires_at=now + self._ground.confirm_within,
            )
            note_void(repos, execution, plan_hash(plan), veil, changed)
            await end_attempt(repos, execution, error_of(failed(Category.PLAN_CHANGED)), now)
        self._ground.news.ring()
        self._ground.looks.ring()
        self._ground.work.ring()
        return True


def note_void(
    repos: Repos, execution: Execution, new_hash: str, veil: Veil, changed: str = ""
) -> None:
    """Note that what was said of *execution* so far does not count for the plan as it is now."""
    repos.audit.note(
        FERRY,
        "execution.voided",
        execution.id,
        environment=execution.environment_name,
        before={"plan_hash": veil.mark(execution.plan_hash), "confirmed_by": _yes(execution)},
        after={"plan_hash": veil.mark(new_hash)},
        reason=changed,
    )


def _asked_again(execution: Execution, plan: Plan) -> dict[str, Any]:
    policy = execution.confirmation
    return {
        "status": Status.AWAITING_CONFIRMATION,
        "voided_plan": asdict(execution.plan),
        "voids": execution.voids + 1,
        "plan": asdict(plan),
        "plan_hash": plan_hash(plan),
        "checks": [],
        "checked_at": None,
        "confirmation": ConfirmationPolicy.REQUESTER
        if policy is ConfirmationPolicy.NONE
        else policy,
        "confirmed_by": [],
        "answered_by": "",
        "answered_at": None,
        "reminded_at": None,
        "queued_at": None,
        "started_at": None,
        "lease_until": None,
        "worker": "",
        "reconnecting_since": None,
        "silent_since": None,
        "max_attempts": execution.max_attempts + 1,  # nothing was tried in this one
    }


def _yes(execution: Execution) -> list[str]:
    return list(execution.confirmed_by) or [name for name in [execution.answered_by] if name]
