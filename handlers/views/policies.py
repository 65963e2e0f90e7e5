"""What is set of how runs wait, are tried again and are stopped: one line, where it is said."""

from collections.abc import Mapping
from types import MappingProxyType

from db.model.catalog import EnvironmentDraft, JobDraft, RetryPolicy, SilenceAction
from db.model.categories import Category
from executor.rules.categories import ADVICE
from executor.rules.durations import words
from handlers.views import confirming
from handlers.views.blocks import mono

_BETWEEN = " · "
#: Failures as a job may choose them, where their own sentence is too long for a menu (75), or says
#: what is tried again anyway.
_IN_A_MENU: Mapping[Category, str] = MappingProxyType(
    {
        Category.CONNECTION_ERROR: "The line was lost after the login, before the script began.",
        Category.OUT_OF_MEMORY: "The script ran out of memory, or was killed for lack of it.",
        Category.RESOURCE_LIMIT: "It hit a limit: processes, open files, file size or CPU time.",
        Category.KILLED_EXTERNALLY: "Somebody or something on the host stopped the script.",
        Category.SUDO_PASSWORD_REQUIRED: "The script called sudo, which asked for a password.",
        Category.RUN_LOST: "The host knows nothing of the run any more.",
    }
)


def failure_in_a_menu(category: Category) -> str:
    """Return what *category* means, short enough for a menu."""
    return _IN_A_MENU.get(category, ADVICE[category].sentence)


def environment_policy(one: EnvironmentDraft) -> str:
    """Return *one*'s timeout and runs at once, and what else is not as usual, as mrkdwn."""
    usual = EnvironmentDraft.__dataclass_fields__
    facts = [f"timeout {words(one.timeout_s)}", _at_once(one.concurrency)]
    if asks := confirming.policy(one):
        facts.append(asks)
    if one.queue_timeout_s != usual["queue_timeout_s"].default:
        facts.append(f"waits at most {words(one.queue_timeout_s)} in the queue")
    if one.connect_timeout_s is not None:
        facts.append(f"{words(one.connect_timeout_s)} to connect")
    if one.grace_s != usual["grace_s"].default:
        facts.append(f"{words(one.grace_s)} from TERM to KILL")
    return _BETWEEN.join(facts)


def job_policy(one: JobDraft) -> str:
    """Return what *one* sets of how it runs, as mrkdwn; empty if it sets nothing."""
    facts = []
    if one.timeout_s is not None:
        facts.append(f"timeout {words(one.timeout_s)}")
    if one.concurrency is not None:
        facts.append(f"{_at_once(one.concurrency)} everywhere")
    if one.concurrency_key:
        facts.append(f"one at a time per {mono(one.concurrency_key)}")
    if one.retry.attempts > 1:
        facts.append(_attempts(one.retry))
    if one.silence_s is not None:
        does = "stops" if one.silence_action is SilenceAction.STOP else "warns"
        facts.append(f"{does} after {words(one.silence_s)} of silence")
    if one.proven_in:
        facts.append(f"runs elsewhere only once it succeeded on {mono(one.proven_in)}")
    return _BETWEEN.join(facts)


def _at_once(count: int) -> str:
    return "one run at a time" if count == 1 else f"{count} runs at once"


def _attempts(retry: RetryPolicy) -> str:
    doubling = ", then doubling" if retry.attempts > 2 else ""
    also = f", also after {', '.join(retry.categories)}" if retry.categories else ""
    return f"{retry.attempts} attempts, {words(retry.delay_s)} apart{doubling}{also}"
