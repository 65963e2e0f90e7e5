"""The services as Slack sees them: whatever they return has hints in place of personal values.

There is one place where that happens, and it does not know the services: a new method, or a new
view of what it returns, cannot forget it. Workers and the command line use the services bare.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, TypeVar

from db.model.catalog import Job
from db.model.errors import FerryError
from db.model.execution import Attempt, Execution
from db.model.output import LogLine
from executor.rules.veil import Veil
from executor.services.ground import Ground

S = TypeVar("S")
_MOST_REMEMBERED = 1000


class Veils:
    """The veil of each execution; what is personal of it never changes."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._known: OrderedDict[int, Veil | None] = OrderedDict()

    def over(self, services: S) -> S:
        """Return *services*, a dataclass of them, so that all they return is veiled."""
        veiled = {
            item.name: _Veiled(getattr(services, item.name), self)
            for item in fields(services)  # type: ignore[arg-type]
            if not isinstance(getattr(services, item.name), Veils)
        }
        return replace(services, **veiled)  # type: ignore[type-var]

    async def veiled(self, found: Any) -> Any:
        """Return *found* with a veil over each execution, attempt and line in it."""
        if isinstance(found, Execution):
            return self._over(found, found)
        if isinstance(found, LogLine | Attempt):
            veil = await self._of(found.execution_id)
            return veil.over(found) if veil else found
        if isinstance(found, Mapping):
            return {name: await self.veiled(each) for name, each in found.items()}
        if isinstance(found, list | tuple):
            return type(found)([await self.veiled(each) for each in found])
        return await self._inside(found)

    async def _inside(self, found: Any) -> Any:
        is_definition = type(found).__module__ == Job.__module__  # holds nothing of a run
        if is_definition or not is_dataclass(found) or isinstance(found, type):
            return found
        told = {item.name: getattr(found, item.name) for item in fields(found)}
        veiled = {name: await self.veiled(each) for name, each in told.items()}
        changed = {name: each for name, each in veiled.items() if each is not told[name]}
        return replace(found, **changed) if changed else found

    def _over(self, execution: Execution, found: Any) -> Any:
        if execution.id not in self._known:
            names, key = execution.plan.personal, self._ground.keys.personal
            veil = Veil(names, execution.parameters, key) if names else None
            if not execution.id:  # a preview, of which there are many
                return veil.over(found) if veil else found
            self._known[execution.id] = veil
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        veil = self._known[execution.id]
        return veil.over(found) if veil else found

    async def _of(self, execution_id: int) -> Veil | None:
        if execution_id not in self._known:
            async with self._ground.db.read() as repos:
                if execution := await repos.executions.get(execution_id):
                    self._over(execution, execution)
        return self._known.get(execution_id)


class _Veiled:
    """One service behind the veil."""

    def __init__(self, service: Any, veils: Veils) -> None:
        self._service, self._veils = service, veils

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._service, name)
        if iscoroutinefunction(found):
            return self._answer(found)
        if isasyncgenfunction(found):
            return self._stream(found)
        return found

    def _answer(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(method)
        async def call(*args: Any, **named: Any) -> Any:
            try:
                return await self._veils.veiled(await method(*args, **named))
            except FerryError as error:  # it may have an execution with it
                for name, value in vars(error).items():
                    setattr(error, name, await self._veils.veiled(value))
                raise

        return call

    def _stream(
        self, method: Callable[..., AsyncGenerator[Any]]
    ) -> Callable[..., AsyncGenerator[Any]]:
        @wraps(method)
        async def call(*args: Any, **named: Any) -> AsyncGenerator[Any]:
            async with aclosing(method(*args, **named)) as stream:
                async for each in stream:
                    yield await self._veils.veiled(each)

        return call
