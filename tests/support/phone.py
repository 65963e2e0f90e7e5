"""An authenticator app in somebody's pocket."""

from datetime import timedelta

import pyotp

from tests.support.database import Clock

STEP = 30


class Phone:
    """Shows codes of *secret* at the time of *clock*."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.secret, self._totp, self._clock = secret, pyotp.TOTP(secret), clock

    def shows(self, *, ahead_s: int = 0) -> str:
        """Return the code of now, or of some seconds later or earlier."""
        return self._totp.at(self._clock() + timedelta(seconds=ahead_s))

    def wrong(self) -> str:
        """Return a code that it does not show now, nor a moment before or after."""
        near = {self.shows(ahead_s=ahead) for ahead in (-STEP, 0, STEP)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)
