"""What a look at a host found, in the words of its checks. No I/O."""

import re
from datetime import UTC, datetime, timedelta

from db.model.execution import Check, CheckState, Plan
from executor.ssh.facts import Facts, visible
from executor.ssh.measure import is_version_late
from executor.ssh.target import Target

LITTLE_DISK = 200_000_000  # bytes; below, a run may not even have room for its log
SKEW_S = 5.0  # of a clock; more makes timestamps of the log and of the data disagree
_FREE = re.compile(rb"\s\d+\s+\d+\s+(\d+)\s+\d+%\s+/")
_SECONDS = re.compile(rb"(\d+)(?:\.(\d{1,9}))?")
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_AGES = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def script_found(plan: Plan, found: Facts, now: datetime) -> str:
    """Return name, size and age of the script."""
    name = plan.script.rpartition("/")[2]
    words = [visible(name.encode("utf-8", "surrogateescape")), size(int(found["size"]))]
    real = visible(found["script"])
    if real.rpartition("/")[2] != words[0]:
        words[0] += f" → {real}"
    if modified := found.get("modified"):
        words.append(f"changed {_ago(now.timestamp() - int(modified))}")
    return ", ".join(words)


def interpreter(found: Facts, measured_version: str, plan: Plan) -> Check:
    """Return what runs the script; it must be able to say its version in time."""
    if not plan.interpreter:
        return Check(
            name="interpreter", state=CheckState.GOOD, words="none: the script runs by itself"
        )
    path = visible(found["interpreter"])
    name = plan.interpreter.rpartition("/")[2]
    if is_version_late(found):
        words = (
            f"{name} is there ({path}), but `{name} --version` takes too long. "
            "Try it on the host, and look again."
        )
        return Check(name="interpreter", state=CheckState.FAILED, words=words)
    said = measured_version or "version not told"
    shown = said if said.lower().startswith(name.lower()) else f"{name} {said}"
    return Check(name="interpreter", state=CheckState.GOOD, words=f"{shown} ({path})")


def disk(found: Facts, plan: Plan) -> Check:
    """Return the free space where a run's output and where the script's own files go."""
    free: dict[str, int] = {}
    places = (("runs_disk", "~/.cache/ferry"), ("folder_disk", plan.directory))
    for name, place in places:
        if told := _FREE.search(found.get(name, b"")):
            free[place] = int(told[1]) * 1024
    if not free:
        return Check(name="disk", state=CheckState.WARNING, words="the host does not tell (df)")
    place = min(free, key=lambda each: free[each])
    same = len(set(free.values())) == 1
    words = f"{size(free[place])} free" + ("" if same else f" for {place}")
    if free[place] < LITTLE_DISK:
        words += "; a run may fail for want of space. `df -h` there shows what is full."
        return Check(name="disk", state=CheckState.WARNING, words=words)
    return Check(name="disk", state=CheckState.GOOD, words=words)


def clock(found: Facts, asked: datetime, answered: datetime) -> Check:
    """Return how far the host's clock is from ours, both ways of the question allowed for."""
    told = _SECONDS.match(found.get("now", b""))
    if told is None:
        return Check(name="clock", state=CheckState.WARNING, words="the host does not tell (date)")
    earliest = int(told[1]) + (float(f"0.{told[2].decode()}") if told[2] else 0.0)
    latest = earliest if told[2] else earliest + 1  # some `date` know whole seconds only
    ahead = earliest - answered.timestamp()
    behind = asked.timestamp() - latest
    off = max(ahead, behind, 0.0)
    words = "in step" if off < 0.1 else f"{off:.1f} s {'ahead' if ahead > behind else 'behind'}"
    if off > SKEW_S:
        words += ": times in logs and data will not agree. Is NTP running there?"
        return Check(name="clock", state=CheckState.WARNING, words=words)
    return Check(name="clock", state=CheckState.GOOD, words=words)


def by_hand(found: Facts, target: Target, now: datetime) -> Check:
    """Return whether somebody runs the script outside of Ferry; never with what arguments."""
    runners = found.get("runners")
    if runners is None:
        words = "the host does not let Ferry see its processes"
        return Check(name="by hand", state=CheckState.WARNING, words=words)
    lines = [line.split() for line in runners.splitlines()]
    told = [line for line in lines if len(line) == 3 and line[0].isdigit()]
    if not told:
        hidden = f"; processes of others than {target.user} are hidden" if "hidden" in found else ""
        return Check(name="by hand", state=CheckState.GOOD, words=f"nobody runs it by hand{hidden}")
    pid, age, user = (visible(word, 40) for word in told[0])
    since = _since(age, now)
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    words = f"process {pid} of {user} runs it{since}{more}"
    return Check(name="by hand", state=CheckState.WARNING, words=words)


def size(count: int) -> str:
    """Return *count* bytes as people read them: 4.2 kB."""
    for factor, unit in _UNITS:
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def _ago(seconds: float) -> str:
    for factor, unit in _AGES:
        count = int(seconds // factor)
        if count > 0:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _since(age: str, now: datetime) -> str:
    if not age.isdigit():
        return ""
    begun = (now - timedelta(seconds=min(int(age), 10**9))).astimezone(UTC)
    same_day = begun.date() == now.astimezone(UTC).date()
    return f" since {begun:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"
