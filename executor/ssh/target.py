"""Where and as whom to log in: the part of an environment that a connection depends on."""

from dataclasses import dataclass

from db.model.catalog import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One account on one host; equal targets share connections."""

    host: str
    port: int
    user: str
    key_path: str  #: empty: the SSH agent of Ferry's machine
    passphrase_ref: str
    proxy_jump: str  #: ``[user@]host[:port]``, empty for none
    host_key: str  #: pinned public keys, one OpenSSH line each
    proxy_jump_host_key: str = ""  #: the same of the jump host: neither may pass for the other
    connect_timeout_s: int | None = None  #: None: Ferry's own

    @property
    def address(self) -> str:
        """What people read: ``host:port``."""
        return f"{self.host}:{self.port}"


def target_of(environment: Environment) -> Target:
    """Return where runs in *environment* take place."""
    return Target(
        host=environment.ssh_host,
        port=environment.ssh_port,
        user=environment.ssh_user,
        key_path=environment.ssh_key_path,
        passphrase_ref=environment.ssh_passphrase_ref,
        proxy_jump=environment.proxy_jump,
        host_key=environment.host_key,
        proxy_jump_host_key=environment.proxy_jump_host_key,
        connect_timeout_s=environment.connect_timeout_s,
    )


def jump_of(target: Target) -> Target | None:
    """Return the host to go through, or None. Key and user (if not named) are *target*'s."""
    if not target.proxy_jump:
        return None
    user, at, place = target.proxy_jump.rpartition("@")
    host, port = place, 22
    if place.startswith("[") and "]" in place:  # [::1]:2222
        host, _, rest = place[1:].partition("]")
        port = int(rest.removeprefix(":") or 22)
    elif place.count(":") == 1:
        host, _, digits = place.partition(":")
        port = int(digits)
    return Target(
        host=host,
        port=port,
        user=user if at else target.user,
        key_path=target.key_path,
        passphrase_ref=target.passphrase_ref,
        proxy_jump="",
        host_key=target.proxy_jump_host_key,
        connect_timeout_s=target.connect_timeout_s,
    )
