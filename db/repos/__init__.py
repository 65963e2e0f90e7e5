"""One class for each thing that is asked, with all of its SQL; several may ask one table.

Nothing here commits: the caller does.
"""

from collections.abc import Callable
from datetime import datetime

from db.repos.attempts import Attempts
from db.repos.audit import Audit
from db.repos.bindings import Bindings
from db.repos.cards import Cards
from db.repos.confirmations import Confirmations
from db.repos.deadlines import Deadlines
from db.repos.environments import Environments
from db.repos.executions import Executions
from db.repos.grants import Grants
from db.repos.history import History
from db.repos.jobs import Jobs
from db.repos.leases import Leases
from db.repos.locks import Freezes, Locks
from db.repos.log_lines import LogLines
from db.repos.queue import Queue
from db.repos.second_factors import SecondFactors
from db.repos.sources import Sources
from db.repos.turns import Turns
from db.repos.values import Values
from db.session import Session


class Repos:
    """The tables, as seen within one transaction."""

    def __init__(
        self, session: Session, clock: Callable[[], datetime], *, audit_key: bytes
    ) -> None:
        self.session = session
        self.audit = Audit(session, clock, audit_key)
        self.environments = Environments(session, clock)
        self.bindings = Bindings(session, clock)
        self.sources = Sources(session, clock)
        self.jobs = Jobs(session, clock)
        self.executions = Executions(session, clock, self.audit)
        self.history = History(session, clock)
        self.values = Values(session, clock)
        self.queue = Queue(session, clock)
        self.deadlines = Deadlines(session, clock)
        self.leases = Leases(session, clock)
        self.attempts = Attempts(session, clock)
        self.log_lines = LogLines(session)
        self.confirmations = Confirmations(session, clock)
        self.cards = Cards(session, clock)
        self.turns = Turns(session, clock)
        self.grants = Grants(session, clock)
        self.second_factors = SecondFactors(session, clock)
        self.locks = Locks(session, clock)
        self.freezes = Freezes(session, clock)
