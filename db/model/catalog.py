"""What can be run, and where: environments, bindings, sources, jobs, parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from db.model.categories import Category


class Kind(StrEnum):
    """What an environment is for; production always asks before it runs."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"


class ConfirmationPolicy(StrEnum):
    """Who must press the button before a run starts."""

    NONE = "none"
    REQUESTER = "requester"
    SOMEONE_ELSE = "someone_else"  #: an approver who is neither the requester nor the job's editor
    GROUP = "group"  #: so many of a user group, again others than those two


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDraft:
    """What a person says of an environment when creating it."""

    name: str
    kind: Kind
    ssh_host: str
    ssh_user: str
    ssh_port: int = 22
    ssh_key_path: str = ""  #: empty: the SSH agent of Ferry's machine
    ssh_passphrase_ref: str = ""  #: ``env:NAME`` or ``file:PATH``, never the passphrase
    proxy_jump: str = ""  #: ``[user@]host[:port]``, empty for none
    proxy_jump_host_key: str = ""  #: the jump host's own pinned keys, written like ``host_key``
    host_key: str = ""  #: pinned public keys, OpenSSH lines (``ssh-ed25519 AAAA…``), one per line
    node_path: str = ""  #: absolute path of ``node`` on the host; empty: found through the PATH
    shell_setup: str = "auto"  #: how PATH is found: ``auto``, ``none``, or an absolute PATH
    timeout_s: int = 600
    grace_s: int = 5  #: seconds between TERM and KILL
    concurrency: int = 1  #: runs at once in this environment
    queue_timeout_s: int = 12 * 3600  #: how long a run may wait in the queue
    connect_timeout_s: int | None = None  #: for connecting and logging in; None: Ferry's own
    confirmation: ConfirmationPolicy = ConfirmationPolicy.NONE
    confirmations: int = 1  #: how many of the group must say yes
    confirm_group: str = ""  #: id of the user group
    asks_reason: bool = False  #: whether one must say why when asking
    second_factor: bool = False  #: whether a yes needs a code of the person's own device


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment(EnvironmentDraft):
    """A named place to run."""

    id: int
    is_active: bool = True
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBinding:
    """The one environment that a channel runs in."""

    channel_id: str
    environment_id: int
    bound_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """What a person says of a source when creating it."""

    name: str
    description: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)  #: parameter name → default value


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(SourceDraft):
    """The system that data comes from; jobs belong to one."""

    id: int
    is_active: bool = True
    created_at: datetime
    updated_at: datetime


class ParameterType(StrEnum):
    """What a parameter's value looks like."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    DATE = "date"


class Passing(StrEnum):
    """How a value reaches the script."""

    POSITION = "position"  #: argument number n, counted from 1
    FLAG = "flag"  #: two words: ``--name value`` (a boolean: ``--name`` or nothing)
    FLAG_EQUALS = "flag_equals"  #: one word: ``--name=value``
    ENV = "env"  #: environment variable


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """One declared parameter of a job."""

    name: str
    label: str = ""  #: empty: the name
    type: ParameterType = ParameterType.TEXT
    required: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""  #: regular expression for the whole value; empty: any
    example: str = ""
    minimum: float | None = None  #: number: least value; text: least length
    maximum: float | None = None
    is_personal: bool = False  #: of a person (a patient's number): only hinted at in Slack
    secret_ref: str = ""  #: ``env:NAME`` or ``file:PATH``; such a parameter is never asked for
    passing: Passing = Passing.POSITION
    target: str = ""  #: position number, flag with its dashes, or variable name

    @property
    def title(self) -> str:
        """What people read: the label, or the name where there is none."""
        return self.label or self.name


class SilenceAction(StrEnum):
    """What follows when a script has said nothing for too long."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a failed attempt is tried again by itself; each delay is twice the one before."""

    attempts: int = 1  #: in all; 1: no retry
    delay_s: int = 30  #: before the second attempt
    categories: tuple[Category, ...] = ()  #: besides those that are safe to try again


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDraft:
    """What a person says of a job when creating or changing it."""

    name: str
    source_id: int
    script: str  #: path on the host; ``~/`` is the remote user's home
    interpreter: str = "node"  #: empty: the script is executable itself
    directory: str = ""  #: empty: the script's own directory
    description: str = ""
    parameters: tuple[ParameterSpec, ...] = ()
    timeout_s: int | None = None  #: None: the environment's
    progress_pattern: str = ""  #: regex with groups ``done``, ``total`` or ``percent``
    concurrency: int | None = None  #: runs of it at once, everywhere; None: no limit of its own
    #: ``{sistema}:{practitioner-id}``: of runs with equal ones, of whatever job, an environment
    #: runs one at a time; empty: none
    concurrency_key: str = ""
    retry: RetryPolicy = RetryPolicy()
    silence_s: int | None = None  #: without output for so long: *silence_action*; None: never
    silence_action: SilenceAction = SilenceAction.WARN
    #: environment where this version, with the same script, must have succeeded first; empty: none
    proven_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(JobDraft):
    """A stored definition of a script with typed parameters, as of one version."""

    id: int
    source_name: str
    version: int
    created_by: str
    edited_by: str  #: of this version
    is_active: bool = True
    created_at: datetime
    updated_at: datetime
