"""Registries of extensions: built-in objects by name, and those of installed packages.

A package adds to a registry by an entry point in the registry's group, with the name that
declarations use. In the package's ``pyproject.toml``:

    [project.entry-points."lakehouse.treatments"]
    initials = "my_package.initials:Initials"

Names are read once, when a registry is first used; an object is imported when its name is looked
up. A package that no declaration uses is never imported, so it costs nothing and cannot fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from lakehouse.errors import DeclarationError

T = TypeVar("T")
Check = Callable[[str, Any], str | None]


class Registry(Generic[T]):
    """Objects by the name that declarations use.

    ``built_in`` holds the library's own: objects, or ``module:name`` of one that is imported on
    first use. ``check(name, object)`` returns what is wrong with a package's object, or None.
    """

    def __init__(self, group: str, built_in: Mapping[str, T | str], *, check: Check) -> None:
        self.group = group
        self._built_in = built_in
        self._check = check

    def names(self) -> list[str]:
        """Every name, the built-in ones first; nothing is imported.

        Raises DeclarationError where a package registers a name that is taken.
        """
        return [*self._built_in, *self._plugins()]

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self._plugins()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def get(self, name: str) -> T | None:
        """The object of this name; None where there is none.

        Raises DeclarationError, which names the distribution, for a package whose object cannot be
        imported or has the wrong type.
        """
        if name in self._built_in:
            built_in = self._built_in[name]
            return import_object(built_in) if isinstance(built_in, str) else built_in
        point = self._plugins().get(name)
        return None if point is None else self._load(point)

    def is_plugin(self, name: str) -> bool:
        """Whether the name comes from an installed package."""
        return name not in self._built_in and name in self._plugins()

    def _plugins(self) -> Mapping[str, EntryPoint]:
        return _entry_points(self.group, frozenset(self._built_in))

    def _load(self, point: EntryPoint) -> T:
        try:
            loaded = point.load()
        except Exception as problem:
            reason = f"{type(problem).__name__}: {problem}"
            raise _broken(point, f"cannot be imported from {point.value}: {reason}") from problem
        mismatch = self._check(point.name, loaded)
        if mismatch is not None:
            raise _broken(point, f"cannot be used: {mismatch}")
        return loaded  # type: ignore[no-any-return]


def import_object(reference: str) -> Any:
    """The object behind ``module:name``."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def forget_plugins() -> None:
    """Forget the installed packages, for a process that installs one while it runs."""
    _entry_points.cache_clear()


@cache
def _entry_points(group: str, taken: frozenset[str]) -> Mapping[str, EntryPoint]:
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        first = points.get(point.name)
        if point.name in taken:
            raise _broken(point, "has a name that the library uses itself")
        if first is not None and _distribution(first) != _distribution(point):
            raise _broken(point, f"has a name that {_distribution(first)} gives as well")
        points[point.name] = point
    return points


def _broken(point: EntryPoint, message: str) -> DeclarationError:
    return DeclarationError(
        f"'{point.name}' in {point.group} {message}",
        where=f"package {_distribution(point)}",
        hint="correct the package or uninstall it",
    )


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "(unknown)"
