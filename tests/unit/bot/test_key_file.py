"""Ferry's own key."""

import stat
from pathlib import Path

import pytest

from bot.key_file import read_keys
from db.model.errors import InvalidInput
from db.model.keys import keys_of


def test_the_first_start_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start reads the same one."""
    path = tmp_path / "ferry.key"

    first, second = read_keys(path), read_keys(path)

    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["ferry.key"]


def test_each_use_has_a_key_of_its_own() -> None:
    """Whoever learns one does not learn the others; printed, they show nothing."""
    keys = keys_of(b"x" * 32)

    assert len({keys.audit, keys.personal, keys.factors, keys_of(b"y" * 32).audit}) == 4
    assert str(keys) == "Keys(…)"


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        pytest.param("ab" * 32, 0o644, "Others may read", id="readable by all"),
        pytest.param("secret", 0o600, "holds no key", id="not a key"),
        pytest.param("ab" * 31, 0o600, "holds no key", id="too short"),
    ],
)
def test_a_bad_key_file_is_refused_in_words(
    tmp_path: Path, text: str, mode: int, told: str
) -> None:
    """It is not replaced: the old one may be what the audit log was made with."""
    path = tmp_path / "ferry.key"
    path.write_text(text)
    path.chmod(mode)

    with pytest.raises(InvalidInput, match=told):
        read_keys(path)

    assert path.read_text() == text


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """What to set is in the hint."""
    with pytest.raises(InvalidInput, match="cannot be read or made") as told:
        read_keys(tmp_path / "nowhere" / "ferry.key")

    assert "FERRY_KEY_FILE" in told.value.hint
