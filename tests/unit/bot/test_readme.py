"""What is written is what is there."""

from pathlib import Path

from bot.settings import PREFIX, Settings
from bot.settings_table import README, with_table
from db.model.categories import Category

DOCS = README.parent / "docs"


def test_the_settings_table_is_the_one_that_the_settings_make() -> None:
    """Run ``python -m bot.settings_table`` when this fails."""
    text = README.read_text(encoding="utf-8")

    assert with_table(text) == text


def test_every_setting_stands_in_the_readme() -> None:
    """Also where the generator itself would go wrong."""
    text = README.read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in text] == []


def test_every_category_stands_in_the_docs() -> None:
    """People look for the word that they see on the card."""
    text = (DOCS / "runs.md").read_text(encoding="utf-8")

    assert [category for category in Category if f"`{category}`" not in text] == []


def test_every_page_that_is_linked_is_there() -> None:
    """From README and from each page of docs."""
    for page in (README, *DOCS.glob("*.md")):
        for target in _links(page):
            assert (page.parent / target).exists(), f"{page.name} links {target}"


def test_the_picture_is_one() -> None:
    """A PNG of a whole page; tests/browser/test_ferry.py says how it is made anew."""
    content = (DOCS / "playground.png").read_bytes()

    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000


def _links(page: Path) -> list[str]:
    found = [part.partition(")")[0] for part in page.read_text(encoding="utf-8").split("](")[1:]]
    return [link.partition("#")[0] for link in found if "://" not in link and link[:1] != "#"]
