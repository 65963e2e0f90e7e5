"""Why an attempt failed, in the words that people, rows and cards share.

The first six are the names the team already knows; the others stand beside them wherever a person
would do something different. Sentences and hints: ``executor/rules/categories.py``.
"""

from enum import StrEnum


class Category(StrEnum):
    """Why an attempt failed."""

    AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"
    COMMAND_NOT_FOUND = "COMMAND_NOT_FOUND"
    CONNECTION_ERROR = "CONNECTION_ERROR"
    SSH_HOST_KEY_ERROR = "SSH_HOST_KEY_ERROR"
    TIMEOUT_ERROR = "TIMEOUT_ERROR"
    SCRIPT_ERROR = "SCRIPT_ERROR"

    COMMAND_NOT_EXECUTABLE = "COMMAND_NOT_EXECUTABLE"
    SCRIPT_NOT_FOUND = "SCRIPT_NOT_FOUND"
    DIRECTORY_NOT_FOUND = "DIRECTORY_NOT_FOUND"
    SECRET_UNAVAILABLE = "SECRET_UNAVAILABLE"
    PLAN_CHANGED = "PLAN_CHANGED"
    NOT_PROVEN = "NOT_PROVEN"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    SCRIPT_CRASHED = "SCRIPT_CRASHED"
    DISK_FULL = "DISK_FULL"
    RESOURCE_LIMIT = "RESOURCE_LIMIT"
    KILLED_EXTERNALLY = "KILLED_EXTERNALLY"
    SUDO_PASSWORD_REQUIRED = "SUDO_PASSWORD_REQUIRED"
    HOST_REBOOTED = "HOST_REBOOTED"
    RUN_LOST = "RUN_LOST"
    INTERNAL_ERROR = "INTERNAL_ERROR"
