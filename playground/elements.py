"""Slack's limits for the elements inside blocks: buttons, selects, inputs, and their texts."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from playground.errors import Json

OPTIONS, GROUPS, FEW_OPTIONS, OVERFLOW = 100, 100, 10, 5
ID, TEXT, OPTION, VALUE, URL = 255, 3000, 75, 2000, 3000
# 150 in the SDK, 75 in the documentation: the stricter one.
OPTION_VALUE = 75


class Problems:
    """Collects sentences with JSON pointers, in the words of Slack's validator."""

    def __init__(self, pointer: str, found: list[str] | None = None) -> None:
        self.pointer = pointer
        self.found: list[str] = [] if found is None else found

    def at(self, *path: str | int) -> "Problems":
        """Return the same collection, one level deeper."""
        return Problems("/".join([self.pointer, *map(str, path)]), self.found)

    def add(self, sentence: str, *path: str | int) -> None:
        """Note one problem."""
        self.found.append(f"{sentence} [json-pointer:{self.at(*path).pointer}]")

    def length(self, value: Any, most: int, *path: str | int, least: int = 0) -> None:
        """Check a string that may be absent."""
        if value is None:
            return
        if not isinstance(value, str):
            self.add("must be a string", *path)
        elif len(value) > most:
            self.add(f"must be less than {most + 1} characters", *path)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", *path)

    def text(self, value: Any, most: int, *path: str | int, plain: bool = False) -> None:
        """Check a text object, which must be there and not empty."""
        inside = self.at(*path)
        if not isinstance(value, dict):
            name = inside.pointer.rpartition("/")[2]
            inside.add("must provide an object" if value else f"missing required field: {name}")
            return
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if value.get("type") not in kinds:
            inside.add(f"must be one of {', '.join(kinds)}", "type")
        if "text" not in value:
            inside.add("missing required field: text")
        inside.length(value.get("text"), most, "text", least=1)

    def count(self, items: Any, most: int, *path: str | int, least: int = 1) -> bool:
        """Check the length of a list; return whether it is one."""
        if not isinstance(items, list):
            self.add("must be an array", *path)
            return False
        if len(items) > most:
            self.add(f"no more than {most} items allowed", *path)
        if len(items) < least:
            self.add(f"no fewer than {least} items required", *path)
        return True

    def each(
        self, items: Any, most: int, *path: str | int, least: int = 1
    ) -> Iterator[tuple["Problems", Json]]:
        """Check the length of a list of objects; yield each with the place for its problems."""
        if not self.count(items, most, *path, least=least):
            return
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield self.at(*path, index), item
            else:
                self.add("must provide an object", *path, index)

    def one_of(self, value: Any, allowed: Sequence[Any], *path: str | int) -> None:
        """Check a value that may be absent."""
        if value is not None and value not in allowed:
            self.add(f"must be one of {', '.join(map(str, allowed))}", *path)


def check_element(element: Any, container: str, problems: Problems) -> None:
    """Note what is wrong with *element* as part of a block of type *container*."""
    if not isinstance(element, dict):
        problems.add("must provide an object")
        return
    kind = element.get("type")
    check, containers = ELEMENTS.get(str(kind), (None, ""))
    if check is None or container not in containers.split():
        problems.add(f"unsupported type: {kind}", "type")
        return
    problems.length(element.get("action_id"), ID, "action_id", least=1)
    if "placeholder" in element:
        problems.text(element["placeholder"], 150, "placeholder", plain=True)
    if "confirm" in element:
        _confirm(element["confirm"], problems.at("confirm"))
    check(element, problems)


def _confirm(confirm: Any, problems: Problems) -> None:
    if not isinstance(confirm, dict):
        problems.add("must provide an object")
        return
    problems.text(confirm.get("title"), 100, "title", plain=True)
    problems.text(confirm.get("text"), 300, "text")
    problems.text(confirm.get("confirm"), 30, "confirm", plain=True)
    problems.text(confirm.get("deny"), 30, "deny", plain=True)
    problems.one_of(confirm.get("style"), ("primary", "danger"), "style")


def _button(element: Json, problems: Problems) -> None:
    problems.text(element.get("text"), 75, "text", plain=True)
    problems.length(element.get("value"), VALUE, "value")
    problems.length(element.get("url"), URL, "url")
    problems.length(element.get("accessibility_label"), 75, "accessibility_label")
    problems.one_of(element.get("style"), ("primary", "danger"), "style")


def check_options(options: Any, most: int, problems: Problems, *, plain: bool = True) -> None:
    """Note what is wrong with a list of options."""
    for inside, option in problems.each(options, most):
        inside.text(option.get("text"), OPTION, "text", plain=plain)
        inside.length(option.get("value"), OPTION_VALUE, "value")
        if "value" not in option:
            inside.add("missing required field: value")
        if "description" in option:
            inside.text(option["description"], OPTION, "description")


def _static_select(element: Json, problems: Problems) -> None:
    groups = element.get("option_groups")
    if groups is None:
        check_options(element.get("options"), OPTIONS, problems.at("options"))
    else:
        for inside, group in problems.each(groups, GROUPS, "option_groups"):
            inside.text(group.get("label"), 75, "label", plain=True)
            check_options(group.get("options"), OPTIONS, inside.at("options"))
    on_offer = all_options(element)
    chosen = [element.get("initial_option"), *(element.get("initial_options") or ())]
    if any(option is not None and option not in on_offer for option in chosen):
        problems.add("initial option must be one of the options", "initial_option")


def all_options(element: Json) -> list[Json]:
    """Return every option of a select, radio or checkbox group, those in groups too."""
    groups = element.get("option_groups") or [element]
    lists = [group.get("options") or [] for group in groups if isinstance(group, dict)]
    return [option for options in lists for option in options if isinstance(option, dict)]


def _choices(element: Json, problems: Problems) -> None:
    check_options(element.get("options"), FEW_OPTIONS, problems.at("options"), plain=False)


def _overflow(element: Json, problems: Problems) -> None:
    check_options(element.get("options"), OVERFLOW, problems.at("options"))


def _external(element: Json, problems: Problems) -> None:
    if not isinstance(element.get("min_query_length", 0), int):
        problems.add("must be an integer", "min_query_length")


def _plain_text(element: Json, problems: Problems) -> None:
    most = element.get("max_length", TEXT)
    if not isinstance(most, int) or not 1 <= most <= TEXT:
        problems.add(f"must be between 1 and {TEXT}", "max_length")
        return
    problems.length(element.get("initial_value"), most, "initial_value")


def _number(element: Json, problems: Problems) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        problems.add("missing required field: is_decimal_allowed")
    for name in ("min_value", "max_value", "initial_value"):
        problems.length(element.get(name), 30, name)


def _date(element: Json, problems: Problems) -> None:
    date = element.get("initial_date")
    if date is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(date)):
        problems.add("must be a date as 2026-12-31", "initial_date")


def _image(element: Json, problems: Problems) -> None:
    problems.length(element.get("image_url"), URL, "image_url", least=1)
    problems.length(element.get("alt_text", ""), VALUE, "alt_text", least=1)


def _files(element: Json, problems: Problems) -> None:
    if not 1 <= element.get("max_files", 10) <= 10:
        problems.add("must be between 1 and 10", "max_files")


def _anything(_element: Json, _problems: Problems) -> None:
    """Nothing beyond the placeholder and the ids is limited."""


Check = Callable[[Json, Problems], None]
EVERYWHERE = "actions section input"
ELEMENTS: dict[str, tuple[Check, str]] = {
    "button": (_button, "actions section"),
    "static_select": (_static_select, EVERYWHERE),
    "external_select": (_external, EVERYWHERE),
    "users_select": (_anything, EVERYWHERE),
    "conversations_select": (_anything, EVERYWHERE),
    "channels_select": (_anything, EVERYWHERE),
    "multi_static_select": (_static_select, "section input"),
    "multi_external_select": (_external, "section input"),
    "multi_users_select": (_anything, "section input"),
    "multi_conversations_select": (_anything, "section input"),
    "multi_channels_select": (_anything, "section input"),
    "overflow": (_overflow, "actions section"),
    "radio_buttons": (_choices, EVERYWHERE),
    "checkboxes": (_choices, EVERYWHERE),
    "datepicker": (_date, EVERYWHERE),
    "timepicker": (_anything, EVERYWHERE),
    "datetimepicker": (_anything, "actions input"),
    "plain_text_input": (_plain_text, "input"),
    "number_input": (_number, "input"),
    "email_text_input": (_anything, "input"),
    "url_text_input": (_anything, "input"),
    "rich_text_input": (_anything, "input"),
    "file_input": (_files, "input"),
    "image": (_image, "section context"),
    "icon_button": (_anything, "context_actions"),
    "feedback_buttons": (_anything, "context_actions"),
}
