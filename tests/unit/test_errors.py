"""The tree of errors that people read is the one that there is."""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator

import bot
import db
import executor
import handlers
from db.model import errors


def test_the_tree_in_the_docstring_is_the_one_of_the_classes() -> None:
    """Every expected error of every floor stands below the class it is derived from."""
    for floor in (bot, db, executor, handlers):
        _import_all(floor.__path__, floor.__name__)

    assert dict(_drawn()) == dict(_derived(errors.FerryError))


def _import_all(path: Iterable[str], prefix: str) -> None:
    for module in pkgutil.walk_packages(path, f"{prefix}."):
        if not module.name.startswith("db.migrations.") and "__main__" not in module.name:
            importlib.import_module(module.name)


def _drawn() -> Iterator[tuple[str, str]]:
    """Yield (class, parent) of each line; a level is four characters wide."""
    above = ["FerryError"]
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│ ]*)[├└]── (\w+)", line):
            depth = len(found[1]) // 4
            del above[depth + 1 :]
            yield found[2], above[-1]
            above.append(found[2])


def _derived(parent: type[errors.FerryError]) -> Iterator[tuple[str, str]]:
    for child in parent.__subclasses__():
        yield child.__name__, parent.__name__
        yield from _derived(child)
