"""Ferry's own key: a file that is made at the first start, for its owner alone."""

import os
import re
import secrets
from pathlib import Path

from db.model.errors import InvalidInput
from db.model.keys import Keys, keys_of

_BYTES = 32
_HEX = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}\s*")


def read_keys(path: Path) -> Keys:
    """Return the keys that belong to the file at *path*, which is made if it is not there.

    Raises InvalidInput when it cannot be read or made, holds no key, or others may read it.
    """
    try:
        _create(path)
        text = path.read_text("ascii", errors="replace")
        mode = path.stat().st_mode
    except OSError as error:
        raise InvalidInput(
            f"Ferry's key file {path} cannot be read or made: {error.strerror}.",
            hint="Name a place that its user may write to, for example FERRY_KEY_FILE=ferry.key",
        ) from None
    if not _HEX.fullmatch(text):
        raise InvalidInput(
            f"{path} holds no key: 64 hexadecimal digits were expected.",
            hint="Restore it from your backup: without it the audit log cannot be verified, and "
            "second factors have to be enrolled anew.",
        )
    if mode & 0o077:
        raise InvalidInput(
            f"Others may read Ferry's key file {path}, so it is not used.",
            hint=f"Let its owner alone read it: chmod 600 {path}",
        )
    return keys_of(bytes.fromhex(text.strip()))


def _create(path: Path) -> None:
    """Make the file with a new key, unless it is there: of two who try at once, one makes it."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
