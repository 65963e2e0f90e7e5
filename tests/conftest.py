"""In CI a skipped test is a failure: there, everything that tests need is to be installed."""

import os

import pytest


def _counted_skips(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return []
    skips: list[pytest.TestReport] = reporter.stats.get("skipped", [])
    return skips


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn the exit status red if anything was skipped in CI."""
    if _counted_skips(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say in one sentence what is missing."""
    if skips := _counted_skips(config):
        reasons = {skip.longrepr[2] for skip in skips if isinstance(skip.longrepr, tuple)}
        missing = "; ".join(sorted(reason.removeprefix("Skipped: ") for reason in reasons))
        terminalreporter.write_line(
            f"{len(skips)} skipped, which CI counts as failed: {missing}.", red=True
        )
