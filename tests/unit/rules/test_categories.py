import pytest

from db.model.categories import Category
from executor.rules.categories import ADVICE


@pytest.mark.parametrize("category", Category)
def test_every_category_has_its_advice_in_sentences(category: Category) -> None:
    """Each failure says what happened and what to do."""
    advice = ADVICE[category]

    assert advice.sentence[0].isupper()
    assert advice.sentence.endswith(".")
    assert advice.hint[0].isupper()
    assert advice.hint.endswith(".")


def test_only_a_failed_connection_is_tried_again_without_asking() -> None:
    """Anything else either may have started, or would fail the same way, or ban Ferry."""
    safe = {category for category, advice in ADVICE.items() if advice.retry_safe}

    assert safe == {Category.CONNECTION_ERROR}


def test_no_two_categories_read_alike() -> None:
    """A category is one that a person would act on differently."""
    assert len({advice.sentence for advice in ADVICE.values()}) == len(Category)
