"""Secrets are named, never typed: ``env:NAME`` or ``file:PATH`` on Ferry's own machine."""

import os
from pathlib import Path

from db.model.errors import InvalidInput


def read_secret(reference: str) -> str:
    """Return the secret that *reference* names, without the newline at a file's end.

    Raises InvalidInput, which never quotes a secret.
    """
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            if name not in os.environ:
                raise InvalidInput(
                    f"The secret `{reference}` is not set on Ferry's machine.",
                    hint=f"Set the environment variable {name} for Ferry and restart it.",
                )
            return os.environ[name]
        case "file":
            try:
                return Path(name).expanduser().read_text(encoding="utf-8").rstrip("\n")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise InvalidInput(
                    f"The secret `{reference}` cannot be read on Ferry's machine: {why}.",
                    hint="Check the path, and that Ferry's user may read it.",
                ) from error
        case _:
            raise InvalidInput(
                f"`{reference}` does not name a secret: expected `env:NAME` or `file:/path`."
            )
