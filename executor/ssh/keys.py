"""The private key that a target logs in with: a file on Ferry's machine, or the SSH agent's."""

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError, InvalidInput
from executor.ssh.errors import KeyUnusable
from executor.ssh.target import Target

ReadSecret = Callable[[str], str]


async def client_keys(target: Target, read_secret: ReadSecret) -> list[asyncssh.SSHKey] | None:
    """Return the keys to offer, None for those of the SSH agent.

    Raises KeyUnusable in words, FileNotFoundError when the file is missing, and AttemptError when
    *read_secret* says InvalidInput to the passphrase's reference.
    """
    if not target.key_path:
        if not os.environ.get("SSH_AUTH_SOCK"):
            raise KeyUnusable(
                f"No SSH key is named for {target.address}, and Ferry's machine runs no SSH agent.",
                hint="Set the environment's SSH key path, for example ~/.ssh/id_ed25519",
            )
        return None
    # Unlocking an encrypted key takes 0.3 s of computing on purpose.
    return [await asyncio.to_thread(_read, target, read_secret)]


def _read(target: Target, read_secret: ReadSecret) -> asyncssh.SSHKey:
    path = Path(target.key_path).expanduser()
    info = path.stat()
    # asyncssh does not mind; OpenSSH refuses, and so do we. A foreign owner's choice is not ours.
    if info.st_uid == os.getuid() and stat.S_IMODE(info.st_mode) & 0o077:
        raise KeyUnusable(
            f"The SSH key {target.key_path} can be read by others on Ferry's machine.",
            hint=f"chmod 600 {target.key_path}",
        )
    passphrase = _passphrase(target, read_secret)
    try:
        return asyncssh.read_private_key(path, passphrase)
    except asyncssh.KeyEncryptionError as error:
        raise KeyUnusable(
            f"The passphrase does not open the SSH key {target.key_path}.",
            hint=f"Check what {target.passphrase_ref} refers to.",
        ) from error
    except asyncssh.KeyImportError as error:
        raise _not_importable(target, error) from error
    except PermissionError as error:
        raise KeyUnusable(
            f"Ferry may not read the SSH key {target.key_path}.",
            hint="It must belong to the user that Ferry runs as.",
        ) from error


def _passphrase(target: Target, read_secret: ReadSecret) -> str | None:
    if not target.passphrase_ref:
        return None
    try:
        return read_secret(target.passphrase_ref)
    except InvalidInput as error:
        raise AttemptError(
            Category.SECRET_UNAVAILABLE,
            f"The passphrase of the SSH key {target.key_path} cannot be had: {error.message}",
            hint=error.hint or "Set what the environment's passphrase reference names.",
            retry_safe=True,
        ) from error


def _not_importable(target: Target, error: asyncssh.KeyImportError) -> KeyUnusable:
    if "assphrase" in str(error):
        return KeyUnusable(
            f"The SSH key {target.key_path} has a passphrase, and none is given.",
            hint="Set the environment's passphrase reference, for example env:STAGING_KEY_PASSWORD",
        )
    return KeyUnusable(
        f"{target.key_path} is not a private SSH key.",
        hint="Expected a file that begins with -----BEGIN OPENSSH PRIVATE KEY-----",
    )
