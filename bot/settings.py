"""Every setting of Ferry, read from the environment (and from ``.env`` where there is one).

The floors below get plain values. The table in README.md is made from this class.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from db.database import async_url
from db.model.errors import InvalidInput

PREFIX = "FERRY_"


class SlackMode(StrEnum):
    """How Slack reaches Ferry."""

    SOCKET = "socket"
    HTTP = "http"


class LogFormat(StrEnum):
    """How log entries look."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """What an operator may set; the example of each is in its description's backticks."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True
    )

    slack_bot_token: str = Field("", description="Bot User OAuth Token, `xoxb-…`. Required.")
    slack_app_token: str = Field(
        "", description="App-level token with `connections:write`, `xapp-…`. Required for `socket`."
    )
    slack_signing_secret: str = Field("", description="Signing secret. Required for `http`.")
    slack_mode: SlackMode = Field(
        SlackMode.SOCKET, description="`socket`, or `http` behind a public address."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", description="Base of Slack's Web API; the playground's, in tests."
    )
    http_host: str = Field("127.0.0.1", description="Where `http` mode listens.")
    http_port: int = Field(3000, ge=0, le=65535, description="Port of `http` mode.")
    admins: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="Slack user ids of the first admins, `U012AB3CD,U045EF6GH`."
    )
    security_channel: str = Field(
        "",
        pattern=r"^([CG][A-Z0-9]+)?$",
        description="Channel that hears of every broken glass, `C012AB3CD`; Ferry must be in it.",
    )
    database_url: str = Field(
        "sqlite:///ferry.db",
        description="`sqlite:///ferry.db` or `mysql://ferry:password@127.0.0.1:3306/ferry`.",
    )
    key_file: Path = Field(
        Path("ferry.key"),
        description="Ferry's own key, made at the first start; back it up, and give all bots of a "
        "database the same: `/etc/ferry/ferry.key`.",
    )
    worker_slots: int = Field(20, ge=1, le=500, description="Runs at once in this process.")
    worker_lease_s: float = Field(
        15,
        ge=1,
        le=600,
        description="Seconds after which another worker takes over the runs of one that died.",
    )
    confirm_within_min: float = Field(
        30, gt=0, le=10080, description="Minutes until an unanswered confirmation expires."
    )
    output_limit_mb: int = Field(
        1024, ge=1, le=100_000, description="Megabytes kept of each of a script's two streams."
    )
    connect_timeout_s: float = Field(
        10, gt=0, le=120, description="Seconds for connecting and logging in to a host."
    )
    stop_within_s: float = Field(
        25, gt=0, le=600, description="Seconds that an orderly stop may take; then Ferry just ends."
    )
    log_level: str = Field(
        "info",
        pattern=r"(?i)^(debug|info|warning|error)$",
        description="`debug`, `info`, `warning` or `error`.",
    )
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="`console` or `json`.")

    @field_validator("admins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(filter(None, (word.strip() for word in value.split(","))))
        return value

    @field_validator("database_url")
    @classmethod
    def _supported(cls, value: str) -> str:
        async_url(value)
        return value


_CONFIDENTIAL = {"slack_bot_token", "slack_app_token", "slack_signing_secret", "database_url"}
_EXAMPLES = {
    "slack_bot_token": "xoxb-…  (your app → OAuth & Permissions)",
    "slack_app_token": "xapp-…  (your app → Basic Information → App-Level Tokens)",
    "slack_signing_secret": "…  (your app → Basic Information)",
}


def read(**given: Any) -> Settings:
    """Return the settings; InvalidInput names every one that is wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = {
            f"{PREFIX}{'_'.join(str(part) for part in one['loc'])}".upper(): _sentence(one)
            for one in error.errors()
        }
        raise InvalidInput(
            "These settings are wrong: "
            + "; ".join(f"{name}: {sentence}" for name, sentence in problems.items()),
            hint="The table in README.md says what each may be.",
            fields=problems,
        ) from error


def require_slack(settings: Settings) -> None:
    """Raise InvalidInput that names every setting which is missing for talking to Slack."""
    needed = ["slack_bot_token"]
    needed.append(
        "slack_app_token" if settings.slack_mode is SlackMode.SOCKET else "slack_signing_secret"
    )
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        lines = [f"  {PREFIX}{name.upper()}={_EXAMPLES[name]}" for name in missing]
        raise InvalidInput(
            "Ferry cannot talk to Slack yet. Set these in its environment or in a file `.env`\n"
            "(your app is at https://api.slack.com/apps):\n" + "\n".join(lines),
            hint="No Slack at hand? `ferry demo` brings its own.",
            fields={f"{PREFIX}{name.upper()}": "is missing" for name in missing},
        )


def _sentence(problem: Any) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if str(problem["loc"][0]) in _CONFIDENTIAL:
        return message
    return f"{message} (it is {problem['input']!r})"
