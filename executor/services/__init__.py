"""The only place that changes state: one public method, one sentence, one transaction."""

from dataclasses import dataclass

from executor.services.access import Access
from executor.services.asking import Ask, Duplicate
from executor.services.audit import AuditLog
from executor.services.bell import Bell
from executor.services.bindings import Bindings, Unbound
from executor.services.break_glass import BreakGlass
from executor.services.catalog import Catalog
from executor.services.closing import Locked
from executor.services.confirmations import Confirmations
from executor.services.controls import Controls
from executor.services.forecasts import Forecasts
from executor.services.freezes import Freezes
from executor.services.grants import Grants
from executor.services.ground import Ground
from executor.services.history import History
from executor.services.launcher import Launcher
from executor.services.locks import Locks
from executor.services.news import Item, News
from executor.services.personal import Found, Personal
from executor.services.preflights import Preflights
from executor.services.queue import Queue
from executor.services.records import Records
from executor.services.second_factors import CodeNeeded, SecondFactors
from executor.services.veils import Veils
from executor.services.voids import Voids

__all__ = [
    "Ask",
    "Bell",
    "CodeNeeded",
    "Duplicate",
    "Found",
    "Ground",
    "Item",
    "Locked",
    "Services",
    "Unbound",
    "build",
]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that people, workers and the reporter may ask for."""

    access: Access
    catalog: Catalog
    bindings: Bindings
    launcher: Launcher
    confirmations: Confirmations
    controls: Controls
    history: History
    forecasts: Forecasts
    grants: Grants
    news: News
    queue: Queue
    records: Records
    second_factors: SecondFactors
    break_glass: BreakGlass
    preflights: Preflights
    voids: Voids
    locks: Locks
    freezes: Freezes
    audit: AuditLog
    personal: Personal
    veils: Veils

    @property
    def veiled(self) -> "Services":
        """These services as Slack sees them: no personal value is in what they return."""
        return self.veils.over(self)


def build(ground: Ground) -> Services:
    """Return the services over one database."""
    return Services(
        access=Access(ground),
        catalog=Catalog(ground),
        bindings=Bindings(ground),
        launcher=Launcher(ground),
        confirmations=Confirmations(ground),
        controls=Controls(ground),
        history=History(ground),
        forecasts=Forecasts(ground),
        grants=Grants(ground),
        news=News(ground),
        queue=Queue(ground),
        records=Records(ground),
        second_factors=SecondFactors(ground),
        break_glass=BreakGlass(ground),
        preflights=Preflights(ground),
        voids=Voids(ground),
        locks=Locks(ground),
        freezes=Freezes(ground),
        audit=AuditLog(ground),
        personal=Personal(ground),
        veils=Veils(ground),
    )
