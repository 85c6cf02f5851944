"""The house as it is drawn in docs/arquitetura.md: rooms, the floors they stand on, and who uses whom.

    python -m tests.architecture.desenho      (`make desenho`) draws it anew

A room is a folder or a module right below the one that is drawn. A room stands above all that it imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "arquitetura.md"
DRAWN = ("app", "app.services")

Arrows = Mapping[str, set[str]]


def imports(source: str) -> Iterator[str]:
    """Dotted names of all that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows(package: str) -> dict[str, set[str]]:
    """Each room of a package and the rooms it imports. What only puts the others together, ``__init__``, is no room."""
    folder = ROOT / package.replace(".", "/")
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        used = found.setdefault(room, set())
        for name in imports(path.read_text("utf-8")):
            target = name.removeprefix(package + ".").split(".")[0]
            if name.startswith(package + ".") and target != room and _is_room(folder, target):
                used.add(target)
    return found


def _is_room(folder: Path, name: str) -> bool:
    return (folder / name).is_dir() or (folder / f"{name}.py").is_file()


def floors(rooms: Arrows) -> list[list[str]]:
    """Rooms by floor, the top floor first. Raises graphlib.CycleError where rooms use each other in a circle."""
    level: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        level[room] = max((level[used] + 1 for used in rooms[room]), default=0)
    return [sorted(room for room in rooms if level[room] == n) for n in range(max(level.values(), default=0), -1, -1)]


def drawing(package: str) -> str:
    """The rooms as a Mermaid graph, with a line that counts them."""
    rooms = arrows(package)
    tower = floors(rooms)
    lines = ["```mermaid", "flowchart TD"]
    for number, floor in enumerate(tower):
        named = "; ".join(f"{room}_([{room}])" for room in floor)
        lines += [f"  subgraph f{number}[ ]", "    direction LR", f"    {named}", "  end"]
    lines += [f"  {room}_ --> {used}_" for room in sorted(rooms) for used in sorted(rooms[room])]
    count = sum(map(len, rooms.values()))
    return "\n".join([f"{len(rooms)} rooms, {len(tower)} floors, {count} arrows.", "", *lines, "```"])


def redraw(page: str) -> str:
    """The page with every drawing made anew, each between its two marks."""
    for package in DRAWN:
        start, end = f"<!-- desenho {package} -->", f"<!-- /desenho {package} -->"
        page = re.sub(
            f"{re.escape(start)}.*?{re.escape(end)}",
            lambda _, package=package, start=start, end=end: f"{start}\n{drawing(package)}\n{end}",  # type: ignore[misc]
            page,
            flags=re.S,
        )
    return page


if __name__ == "__main__":
    PAGE.write_text(redraw(PAGE.read_text("utf-8")), "utf-8")
