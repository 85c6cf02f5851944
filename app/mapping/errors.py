"""What can go wrong with maps.

MappingError      the map files are wrong; found before the process starts
ValueDoesNotFit   a value of this request cannot be written to its column
MissingContext    the service did not compute a value that the map asks for (a defect of ours)
"""

from __future__ import annotations

from collections.abc import Iterable


class MappingError(Exception):
    """``problems`` holds everything wrong in all maps, each as "file: column: reason" (Portuguese)."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ValueDoesNotFit(Exception):
    """A value does not fit its column. ``reason`` (Portuguese) never quotes the value: it may be personal."""

    def __init__(self, table: str, column: str, json_path: str | None, position: tuple[int, ...], reason: str) -> None:
        self.table = table
        self.column = column
        self.json_path = json_path
        self.position = position
        self.reason = reason
        super().__init__(f"{table}.{column}: {reason}")


class MissingContext(LookupError):
    """The context of a row lacks the value ``name`` that ``table.column`` is mapped to."""

    def __init__(self, table: str, column: str, name: str) -> None:
        self.table = table
        self.column = column
        self.name = name
        super().__init__(f"{table}.{column}: context value {name!r} was not computed")
