"""Pure parts: exceptions into sentences, answers of the supervisor into values."""

import errno
import socket

import asyncssh
import pytest

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.output import Stream
from executor.ssh.errors import HelperFailed, classify
from executor.ssh.helper import call_text
from executor.ssh.status import Receipt, RemoteState, RemoteStatus, read_status
from executor.ssh.target import Target

TARGET = Target(
    host="staging.example",
    port=22,
    user="deploy",
    key_path="~/.ssh/id_ed25519",
    passphrase_ref="",
    proxy_jump="",
    host_key="",
)


@pytest.mark.parametrize(
    ("error", "connecting", "expected"),
    [
        (asyncssh.PermissionDenied("x"), True, "AUTHENTICATION_ERROR REFUSED"),
        (asyncssh.KeyImportError("x"), True, "AUTHENTICATION_ERROR KEY_CONFIG"),
        (asyncssh.KeyEncryptionError("x"), True, "AUTHENTICATION_ERROR KEY_CONFIG"),
        (asyncssh.HostKeyNotVerifiable("x"), True, "SSH_HOST_KEY_ERROR "),
        (ConnectionRefusedError(111, "x"), True, "CONNECTION_ERROR REFUSED"),
        (OSError(errno.EHOSTUNREACH, "x"), True, "CONNECTION_ERROR UNREACHABLE"),
        (OSError(errno.ENETUNREACH, "x"), True, "CONNECTION_ERROR UNREACHABLE"),
        (PermissionError(errno.EACCES, "x"), True, "CONNECTION_ERROR UNREACHABLE"),
        (socket.gaierror(-2, "x"), True, "CONNECTION_ERROR DNS"),
        (TimeoutError(""), True, "CONNECTION_ERROR CONNECT_TIMEOUT"),
        (TimeoutError(""), False, "CONNECTION_ERROR LOST"),
        (OSError(errno.EMFILE, "x"), True, "CONNECTION_ERROR OVERLOADED"),
        (OSError(errno.ENOMEM, "x"), False, "CONNECTION_ERROR OVERLOADED"),
        (OSError(errno.ETIMEDOUT, "x"), True, "CONNECTION_ERROR CONNECT_TIMEOUT"),
        (asyncssh.ConnectionLost("x"), True, "CONNECTION_ERROR THROTTLED"),
        (asyncssh.ConnectionLost("x"), False, "CONNECTION_ERROR LOST"),
        (ConnectionResetError(104, "x"), True, "CONNECTION_ERROR THROTTLED"),
        (ConnectionResetError(104, "x"), False, "CONNECTION_ERROR LOST"),
        (asyncssh.ProtocolNotSupported("x"), True, "CONNECTION_ERROR PROTOCOL"),
        (asyncssh.KeyExchangeFailed("x"), True, "CONNECTION_ERROR PROTOCOL"),
        (asyncssh.ChannelOpenError(2, "x"), False, "CONNECTION_ERROR CAPACITY"),
        (HelperFailed("nospace"), False, "DISK_FULL NOSPACE"),
        (HelperFailed("nosession"), False, "COMMAND_NOT_FOUND NOSESSION"),
        (HelperFailed("noshell", "exit status 1"), False, "AUTHENTICATION_ERROR NO_SHELL"),
        (HelperFailed("killed"), False, "CONNECTION_ERROR KILLED"),
        (OSError(errno.EPROTO, "x"), False, "CONNECTION_ERROR LOST"),
        (OSError("x"), True, "CONNECTION_ERROR THROTTLED"),
    ],
)
def test_every_known_failure_has_a_category_and_a_sentence(
    error: Exception, *, connecting: bool, expected: str
) -> None:
    """Category and detail by what was seen, a whole sentence, and always a hint."""
    told = classify(error, target=TARGET, connecting=connecting)

    assert f"{told.category} {told.detail}" == expected
    assert told.message.endswith(".")
    assert told.hint


def test_login_that_was_refused_is_never_safe_to_retry() -> None:
    """Repeated wrong logins get an address banned, so nobody retries by himself."""
    assert not classify(asyncssh.PermissionDenied("x"), target=TARGET, connecting=True).retry_safe
    assert not classify(asyncssh.ConnectionLost("x"), target=TARGET).retry_safe
    assert classify(ConnectionRefusedError(), target=TARGET, connecting=True).retry_safe


@pytest.mark.parametrize("error", [KeyError("x"), FileNotFoundError(2, "x", "/else")])
def test_what_is_not_known_is_raised_again(error: Exception) -> None:
    """A bug must not be told as an unreachable host."""
    with pytest.raises(type(error)):
        classify(error, target=TARGET, connecting=True)


def test_what_is_classified_already_stays_as_it_is() -> None:
    """An error in words passes through."""
    error = AttemptError(Category.CONNECTION_ERROR, "words")

    assert classify(error, target=TARGET) is error


@pytest.mark.parametrize(
    ("receipt", "words"),
    [
        (
            Receipt(5, 3, 1, 1, 0),
            "5 processes: 3 ended on TERM, 1 on KILL, 1 had left the session; none remain",
        ),
        (Receipt(1, 0, 1, 0, 0), "1 process: 1 ended on KILL; none remain"),
        (Receipt(2, 0, 0, 2, 1), "2 processes: 2 had left the session; 1 still there"),
        (Receipt(0, 0, 0, 0, 0), "nothing: no process was running any more"),
    ],
)
def test_receipt_reads_as_a_sentence(receipt: Receipt, words: str) -> None:
    """What a card shows of a cancel."""
    assert receipt.words == words


def test_exit_record_is_read_to_the_last_field() -> None:
    """The padding behind the semicolon is not looked at."""
    answer = (
        "exited 1 status=137 reason=cancel out=8812 err=40 started=17 ended=19 cut=out,err "
        "receipt=5/3/1/1/0 ;000000"
    )

    assert read_status(answer) == RemoteStatus(
        state=RemoteState.EXITED,
        exit_status=137,
        signal="KILL",
        reason="cancel",
        out_size=8812,
        err_size=40,
        truncated=frozenset({Stream.OUT, Stream.ERR}),
        receipt=Receipt(5, 3, 1, 1, 0),
        started_at=17,
        ended_at=19,
    )


def test_nothing_but_plain_words_reaches_a_command_line() -> None:
    """Ids and numbers only; everything else travels on standard input."""
    with pytest.raises(ValueError, match="letters, digits"):
        call_text("status", "a;id")
