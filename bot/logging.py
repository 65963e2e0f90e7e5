"""Log entries: structlog for all, the standard library's included; tokens never appear."""

import logging
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from bot.settings import LogFormat

_TOKEN = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+"
    r"|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"  # user:password@ in an address
    r"|(?<=[?&]ticket=)[\w%.-]+|(?<=hooks\.slack\.com/)[^\s\"'<>]+"  # good for a while
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_NOISY = ("apscheduler", "asyncssh", "slack_bolt", "slack_sdk", "aiosqlite", "alembic")


def configure(level: str, form: LogFormat, *, to: Path | None = None) -> None:
    """Send all log entries, as *form*, from *level* on, to the file *to*, or else to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # As text, so that it is looked through as well; the pretty one would show local variables.
        structlog.processors.format_exc_info,
        _without_tokens,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    final: Any = (
        structlog.processors.JSONRenderer()
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(
            colors=to is None and sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    handler = logging.FileHandler(to) if to else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _without_tokens(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in entry.items():
        if not name.startswith("_"):  # those are structlog's own
            entry[name] = _masked(value)
    return entry


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _TOKEN.sub("•••", value)
        case list() | tuple() | set() | frozenset():
            return [_masked(each) for each in value]
        case dict():
            return {key: _masked(each) for key, each in value.items()}
        case BaseException():
            return _masked(str(value))
    return value
