"""docs/confirmations.md speaks of the policies as the form does."""

import re
from pathlib import Path

from handlers.views.confirming import CONFIRMS

PAGE = (Path(__file__).parents[3] / "docs" / "confirmations.md").read_text(encoding="utf-8")


def test_policies_are_called_as_the_form_calls_them() -> None:
    """Each has its row, in the order of the form, and none of them its name in the database."""
    rows = re.findall(r"^\| \*(.+?)\* \| ", PAGE, re.MULTILINE)

    assert rows == ["Who confirms a run", *CONFIRMS.values()]
    assert not [policy for policy in CONFIRMS if f"`{policy}`" in PAGE]
