"""docs/roles.md says what the rules do."""

import pytest

from bot.roles_table import PAGE, table, with_table
from db.model.grants import Role
from executor.rules.access import Verb


def test_the_table_is_the_one_that_the_rules_make() -> None:
    """Run ``python -m bot.roles_table`` when this fails."""
    text = PAGE.read_text(encoding="utf-8")

    assert with_table(text) == text


def test_every_verb_has_its_row_with_a_mark_for_each_role_that_may() -> None:
    """An admin may all of it, and a viewer looks."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table().splitlines()]
    marks = {verb: dict(zip(Role, cells, strict=True)) for verb, *cells in rows[2:]}

    assert list(marks) == list(Verb)
    assert {of[Role.ADMIN] for of in marks.values()} == {"✓"}
    assert [verb for verb, of in marks.items() if of[Role.VIEWER]] == [Verb.SEE, Verb.CANCEL_OWN]
    assert marks[Verb.CONFIRM] == {"viewer": "", "operator": "", "approver": "✓", "admin": "✓"}


def test_a_page_without_its_marks_is_left_alone() -> None:
    """Rather a mistake than a page without a table."""
    with pytest.raises(ValueError, match="roles: begin"):
        with_table("no marks")
