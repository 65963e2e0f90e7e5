"""The only place that changes state: one public method, one sentence, one transaction."""

from dataclasses import dataclass

from executor.services.access import Access
from executor.services.bell import Bell
from executor.services.bindings import Bindings, Unbound
from executor.services.catalog import Catalog
from executor.services.confirmations import Confirmations
from executor.services.controls import Controls
from executor.services.forecasts import Forecasts
from executor.services.ground import Ground
from executor.services.history import History
from executor.services.launcher import Ask, Duplicate, Launcher
from executor.services.news import Item, News
from executor.services.personal import Found, Personal
from executor.services.queue import Queue
from executor.services.records import Records
from executor.services.veils import Veils

__all__ = ["Ask", "Bell", "Duplicate", "Found", "Ground", "Item", "Services", "Unbound", "build"]


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
    news: News
    queue: Queue
    records: Records
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
        news=News(ground),
        queue=Queue(ground),
        records=Records(ground),
        personal=Personal(ground),
        veils=Veils(ground),
    )
