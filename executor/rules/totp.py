"""Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds."""

import re
from datetime import datetime, timedelta

import pyotp
from pyotp.utils import strings_equal

from db.model.errors import InvalidInput

STEP_S = 30
MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
_SKEW = (0, -1, 1)  # steps that the clocks may differ
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Return a fresh secret of 160 bits, in base 32, as apps take it."""
    return pyotp.random_base32(32)


def code_of(typed: str) -> str:
    """Return the six digits in what a person typed; InvalidInput at the field ``code``."""
    code = re.sub(r"[\s-]", "", typed)
    if not _CODE.fullmatch(code):
        sentence = "A code has six digits, for example 123456: your authenticator app shows it."
        raise InvalidInput(sentence, fields={"code": sentence})
    return code


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of time that *code* belongs to, at most one away from *now*; else None.

    Takes the same time whether and wherever it matches.
    """
    hotp = pyotp.HOTP(secret)
    current = int(now.timestamp()) // STEP_S
    found = [step for step in (current + skew for skew in _SKEW) if _is(hotp, step, code)]
    return max(found) if found else None


def address(secret: str, account: str) -> str:
    """Return what the QR picture says: the ``otpauth://`` address of *secret*."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Ferry"))


def _is(hotp: pyotp.HOTP, step: int, code: str) -> bool:
    return strings_equal(hotp.at(step), code)
