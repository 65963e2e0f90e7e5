from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from db.model.errors import Conflict, InvalidInput
from executor.rules.sealing import opened, sealed
from executor.rules.totp import STEP_S, address, code_of, matching_step, new_secret

KEY = bytes(range(32))
#: Appendix B of RFC 6238, SHA-1: the key in base 32, the time, and the last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
NOW = datetime(2026, 3, 14, 12, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    """What every authenticator app shows."""
    now = datetime.fromtimestamp(seconds, UTC)

    assert matching_step(RFC_SECRET, code, now) == seconds // STEP_S


@pytest.mark.parametrize(
    ("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_clocks_may_differ_by_one_step(steps: int, fits: bool) -> None:
    """A phone that is 30 s off still works; one that is a minute off does not."""
    theirs = NOW + timedelta(seconds=steps * STEP_S)
    code = pyotp.TOTP(RFC_SECRET).at(theirs)

    assert (matching_step(RFC_SECRET, code, NOW) is not None) == fits


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456"])
def test_a_code_may_be_typed_in_groups(typed: str) -> None:
    """As apps show it."""
    assert code_of(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_what_is_no_code_is_told_at_its_field(typed: str) -> None:
    """With an example; it is not counted as a guess."""
    with pytest.raises(InvalidInput, match="six digits") as told:
        code_of(typed)

    assert set(told.value.fields) == {"code"}


def test_the_address_is_what_apps_read() -> None:
    """Issuer, account and secret."""
    said = address(RFC_SECRET, "U0ANA")

    assert said == f"otpauth://totp/Ferry:U0ANA?secret={RFC_SECRET}&issuer=Ferry"


def test_secrets_are_long_and_never_the_same() -> None:
    """160 bits, as the RFC recommends."""
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()


def test_a_sealed_secret_is_opened_only_by_its_key_and_for_its_owner() -> None:
    """A row that is copied to another person, or read without the key file, says nothing."""
    box = sealed(RFC_SECRET, KEY, "U0ANA")

    assert opened(box, KEY, "U0ANA") == RFC_SECRET
    assert RFC_SECRET not in box
    assert box != sealed(RFC_SECRET, KEY, "U0ANA")
    for key, owner in ((bytes(32), "U0ANA"), (KEY, "U0BRUNO")):
        with pytest.raises(Conflict, match="another key"):
            opened(box, key, owner)
