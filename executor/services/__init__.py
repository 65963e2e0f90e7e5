"""The only place that changes state: one public method, one sentence, one transaction."""

from dataclasses import dataclass

from executor.services.bell import Bell
from executor.services.bindings import Bindings, Unbound
from executor.services.catalog import Catalog
from executor.services.confirmations import Confirmations
from executor.services.controls import Controls
from executor.services.ground import Ground
from executor.services.history import History
from executor.services.launcher import Ask, Launcher
from executor.services.news import Item, News
from executor.services.queue import Queue

__all__ = ["Ask", "Bell", "Ground", "Item", "Services", "Unbound", "build"]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that people, workers and the reporter may ask for."""

    catalog: Catalog
    bindings: Bindings
    launcher: Launcher
    confirmations: Confirmations
    controls: Controls
    history: History
    news: News
    queue: Queue


def build(ground: Ground) -> Services:
    """Return the services over one database."""
    return Services(
        catalog=Catalog(ground),
        bindings=Bindings(ground),
        launcher=Launcher(ground),
        confirmations=Confirmations(ground),
        controls=Controls(ground),
        history=History(ground),
        news=News(ground),
        queue=Queue(ground),
    )
