"""manifest.yml: within Slack's limits, and exactly what the code uses."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from handlers.preflight import NEEDED_SCOPES
from handlers.views.ids import COMMAND, Shortcut
from playground import cast

ROOT = Path(__file__).parents[3]
# Bot scopes by the Web API method that needs them: https://docs.slack.dev/reference/methods
SCOPES = {
    "chat_postMessage": "chat:write",
    "chat_postEphemeral": "chat:write",
    "chat_update": "chat:write",
    "chat_delete": "chat:write",
    "files_upload_v2": "files:write",
    "files_delete": "files:write",
    "files_getUploadURLExternal": "files:write",
    "files_completeUploadExternal": "files:write",
    "users_info": "users:read",
    "usergroups_list": "usergroups:read",
    "conversations_info": "channels:read",
    "conversations_open": "im:write",
    "reactions_add": "reactions:write",
    "pins_add": "pins:write",
    "views_open": "",
    "views_update": "",
    "views_push": "",
    "views_publish": "",
    "auth_test": "",
    "apps_connections_open": "",
}
_FAMILIES = "apps|auth|chat|conversations|files|pins|reactions|usergroups|users|views"
_CALL = re.compile(rf"\b_?(?:client|uploads)\.((?:{_FAMILIES})_[A-Za-z_0-9]+)\(")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Read the manifest."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return read


def _code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "handlers").rglob("*.py"))


def test_names_and_texts_are_within_slack_s_limits(manifest: dict[str, Any]) -> None:
    """Limits of the manifest schema 2.0.0: https://docs.slack.dev/reference/app-manifest."""
    display, features = manifest["display_information"], manifest["features"]

    assert manifest["_metadata"] == {"major_version": 2}
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", display["background_color"])
    assert len(features["bot_user"]["display_name"]) <= 80
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
        assert len(shortcut["callback_id"]) <= 255


def test_commands_and_shortcuts_are_those_of_the_code(manifest: dict[str, Any]) -> None:
    """And none more."""
    features = manifest["features"]

    assert [command["command"] for command in features["slash_commands"]] == [COMMAND]
    assert {shortcut["callback_id"] for shortcut in features["shortcuts"]} == set(Shortcut)


def test_scopes_are_those_that_the_code_needs(manifest: dict[str, Any]) -> None:
    """Every method that is called is known here, with its scope; and none more is asked for."""
    called = set(_CALL.findall(_code()))

    assert called <= SCOPES.keys(), f"say which scope {called - SCOPES.keys()} need"
    needed = {SCOPES[method] for method in called} - {""} | {"commands"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert needed >= NEEDED_SCOPES


def test_events_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    """An event that nobody answers would only cost."""
    listened = set(re.findall(r'routes\.event\(\s*"([a-z_]+)"', _code()))

    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == listened


def test_the_manifest_is_valid_by_slack_s_schema(manifest: dict[str, Any]) -> None:
    """No key that Slack does not know; interactivity and Socket Mode are on."""
    settings = manifest["settings"]

    assert set(manifest) == {
        "_metadata",
        "display_information",
        "features",
        "oauth_config",
        "settings",
    }
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}


def test_playground_offers_what_the_manifest_does(manifest: dict[str, Any]) -> None:
    """Whoever tries the demo finds the command and the shortcut that a workspace will have."""
    here, there = cast.manifest()["features"], manifest["features"]

    assert here["slash_commands"] == there["slash_commands"]
    assert here["shortcuts"] == there["shortcuts"]
