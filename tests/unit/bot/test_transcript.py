"""What the tour prints of a message."""

import pytest

from bot.transcript import _MOST_LINES, Transcript


@pytest.mark.parametrize(
    ("more", "told"), [(1, "… and 1 more line\n"), (2, "… and 2 more lines\n")]
)
def test_a_long_message_says_how_much_of_it_is_not_shown(
    more: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line is one line."""
    Transcript().says({"text": "\n".join(["x"] * (_MOST_LINES + more))})

    assert capsys.readouterr().out.endswith(told)
