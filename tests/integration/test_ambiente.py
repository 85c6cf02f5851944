"""`make` on a machine that is not ready: a Python that will not do, and a .venv that is broken, half made or another's.

The recipes run as they are, in a copy of what they need; only the interpreter is a double. It says what a case wants it
to be, makes an environment at once instead of in seconds, and its pip writes down what it is asked for.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ["Makefile", ".ci/ambiente.py", "requirements.lock", "requirements-dev.lock", "pyproject.toml"]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="these are the recipes of make")

DOUBLE = '''
import importlib.util, os, runpy, signal, sys, time, venv
from pathlib import Path

version = os.environ.get("D_VERSION", "3.11.7")
sys.version_info = tuple(int(part) for part in version.split("."))
missing = os.environ.get("D_MISSING", "").split()
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in missing else find(name, *rest)
short = version.rpartition(".")[0]

def create(folder, **_):
    for name in ("bin", f"lib/python{short}/site-packages"):
        (Path(folder) / name).mkdir(parents=True)
    if "create" in os.environ.get("D_WAITS", ""):
        Path("waits").write_text(str(os.getpid()))
        time.sleep(30)
    (Path(folder) / f"lib/python{short}/site-packages/pip").mkdir()
    python = Path(folder) / "bin/python"
    python.write_text(f"""#!/bin/sh
case "$*" in
  "-IS -c "*) echo {short} ;;
  "-m pip "*)
    echo "$*" >> pip.log
    case "$D_WAITS" in *pip*) echo $$ > waits; exec sleep 30 ;; esac
    exit ${{D_PIP:-0}} ;;
esac
""")
    python.chmod(0o755)

venv.create = create
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
'''

FIRST = "Preparando o ambiente .venv; leva cerca de meio minuto..."
AGAIN = "O ambiente .venv está incompleto, mudou de lugar ou é de outro Python: será refeito."


class Clone:
    """A folder with a space and an accent in its name, and a double called python3 on the PATH."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = base / "pré venda"
        self.double = base / "bin" / "python3"
        self.double.parent.mkdir()
        (base / "double.py").write_text(DOUBLE, "utf-8")
        self.double.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{base / "double.py"}" "$@"\n', "utf-8")
        self.double.chmod(0o755)
        for name in NEEDED:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        env = {"PATH": f"{self.double.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"} | settings
        return subprocess.Popen(
            [shutil.which("make") or "make", *(arguments or [".venv/.run"])],
            cwd=self.folder,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def make(self, *arguments: str, **settings: str) -> tuple[int, list[str]]:
        """Its exit, and what it told: without the line that make itself adds to a failure."""
        process = self.start(*arguments, **settings)
        told = process.communicate(timeout=120)[1].splitlines()
        return process.returncode, [line for line in told if not line.startswith("make: ***")]

    def is_waiting(self) -> bool:
        """Whether the step that D_WAITS names is under way; the file holds its process."""
        file = self.folder / "waits"
        return file.exists() and file.read_text() != ""

    def interrupt(self, waits: str, number: int) -> tuple[int, str]:
        """Send ``number`` to make and all it started, as a terminal does, while that step is under way."""
        process = self.start(D_WAITS=waits)
        _wait_for(self.is_waiting)
        os.killpg(process.pid, number)
        told = process.communicate(timeout=120)[1]
        (self.folder / "waits").unlink()
        return process.returncode, told

    def asked_of_pip(self) -> list[str]:
        """What was installed since the last question."""
        log = self.folder / "pip.log"
        text = log.read_text("utf-8") if log.exists() else ""
        log.unlink(missing_ok=True)
        return re.findall(r"(?:-r|--editable) (\S+)", text)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.fixture
def ready(clone: Clone) -> Clone:
    """One whose .venv is whole; a file in it shows whether it was kept."""
    assert clone.make() == (0, [FIRST])
    assert clone.asked_of_pip() == ["requirements.lock", "."]
    (clone.venv / "mine").touch()
    return clone


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- the interpreter


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"D_VERSION": "3.9.18"},
            "Este Python é 3.9.18; é preciso 3.11 ou mais novo. Indique outro: make run PYTHON=python3.11",
        ),
        (
            {"D_VERSION": "3.10.13", "D_MISSING": "venv"},
            "Este Python é 3.10.13; é preciso 3.11 ou mais novo. Indique outro: make run PYTHON=python3.11",
        ),
        (
            {"D_MISSING": "venv ensurepip"},
            "A este Python 3.11.7 falta venv, ensurepip. Instale (no Debian e no Ubuntu: apt install python3.11-venv) "
            "ou indique outro: make run PYTHON=/outro/python3",
        ),
        (
            {"D_MISSING": "ensurepip", "D_VERSION": "3.12.3"},
            "A este Python 3.12.3 falta ensurepip. Instale (no Debian e no Ubuntu: apt install python3.12-venv) "
            "ou indique outro: make run PYTHON=/outro/python3",
        ),
    ],
)
def test_a_python_that_will_not_do_is_refused_before_anything_is_made(
    clone: Clone, settings: dict[str, str], told: str
) -> None:
    before = sorted(clone.folder.rglob("*"))
    assert clone.make("run", **settings) == (2, [told])
    assert sorted(clone.folder.rglob("*")) == before
    # With another one, or once the package is there, nothing is in the way.
    assert clone.make() == (0, [FIRST])


def test_no_python_at_all_is_told(clone: Clone) -> None:
    code, told = clone.make("test", "PYTHON=python9")
    assert (code, told) == (
        2,
        [
            "Não há python9 aqui. Instale o Python 3.11 ou mais novo, com venv, ou indique outro: "
            "make test PYTHON=python3.11"
        ],
    )
    assert not clone.venv.exists()


def test_every_target_that_needs_an_environment_asks() -> None:
    """By the recipes: what runs something of .venv depends on a stamp, itself or through others."""
    text = (ROOT / "Makefile").read_text("utf-8")
    rules = re.findall(r"^([\w-]+):([^=\n]*)\n((?:\t.*\n)+)", text, re.MULTILINE)
    users = {name for name, _, recipe in rules if "$(BIN)" in recipe or "$(UV_COMPILE)" in recipe}
    asking = {name for name, needs, _ in rules if "$(VENV)/." in needs}
    asking |= {name for name, needs, _ in rules if set(needs.split()) & asking}
    assert {"run", "test", "lint", "types", "lock", "pacote"} <= users
    assert users - asking == set()


def test_the_guard_can_be_read_by_an_old_python() -> None:
    """What a version before 3.6, or 2.7, would answer with a SyntaxError instead of the line."""
    text = (ROOT / ".ci" / "ambiente.py").read_text("utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.AsyncFunctionDef, ast.Starred, ast.Nonlocal)
    assert [node for node in nodes if isinstance(node, new) and not _is_starred_argument(node, nodes)] == []
    assert [node for node in nodes if isinstance(node, ast.Raise) and node.cause] == []
    arguments = [node.args for node in nodes if isinstance(node, ast.FunctionDef | ast.Lambda)]
    assert [a for a in arguments if a.kwonlyargs or a.posonlyargs] == []
    assert [node for node in nodes if getattr(node, "annotation", None) or getattr(node, "returns", None)] == []
    assert text.startswith("# -*- coding: utf-8 -*-\n")


def _is_starred_argument(node: ast.AST, nodes: list[ast.AST]) -> bool:
    return any(isinstance(call, ast.Call) and call.args and call.args[-1] is node for call in nodes)


# --- the environment


def test_a_whole_environment_is_left_alone(ready: Clone) -> None:
    assert ready.make() == (0, [])
    assert ready.asked_of_pip() == []
    assert (ready.venv / "mine").exists()


def _no_stamp(clone: Clone) -> None:
    (clone.venv / ".run").unlink()


def _no_pip(clone: Clone) -> None:
    """As `python -m venv` leaves it without ensurepip."""
    _no_stamp(clone)
    shutil.rmtree(clone.venv / "lib/python3.11/site-packages/pip")


def _only_folders(clone: Clone) -> None:
    shutil.rmtree(clone.venv)
    (clone.venv / "bin").mkdir(parents=True)
    (clone.venv / "mine").touch()


def _interpreter_gone(clone: Clone) -> None:
    (clone.venv / "bin/python").unlink()
    (clone.venv / "bin/python").symlink_to("/nowhere/python3.11")


def _interpreter_broken(clone: Clone) -> None:
    (clone.venv / "bin/python").write_text("#!/bin/sh\nexit 127\n")


def _interpreter_upgraded(clone: Clone) -> None:
    """The system's python3, which it points to, has become another version: its packages are not seen any more."""
    (clone.venv / "bin/python").write_text("#!/bin/sh\necho 3.13\n")


def _old_stamp(clone: Clone) -> None:
    """Of a Makefile that only touched it."""
    (clone.venv / ".run").write_text("")


def _another_folder_s(clone: Clone) -> None:
    moved = clone.base / "outra pasta"
    clone.folder.rename(moved)
    clone.folder = moved


def _linked(clone: Clone) -> None:
    _no_stamp(clone)
    clone.venv.rename(clone.base / "elsewhere")
    clone.venv.symlink_to(clone.base / "elsewhere")


def _a_file(clone: Clone) -> None:
    shutil.rmtree(clone.venv)
    clone.venv.write_text("")


@pytest.mark.parametrize(
    "spoil",
    [
        _no_stamp,
        _no_pip,
        _only_folders,
        _interpreter_gone,
        _interpreter_broken,
        _interpreter_upgraded,
        _old_stamp,
        _another_folder_s,
        _linked,
        _a_file,
    ],
)
def test_what_is_broken_is_made_anew(ready: Clone, spoil: Callable[[Clone], None]) -> None:
    spoil(ready)
    assert ready.make() == (0, [AGAIN, FIRST])
    assert ready.asked_of_pip() == ["requirements.lock", "."]
    assert not (ready.venv / "mine").exists()
    assert ready.make() == (0, [])


def test_another_version_is_made_anew(ready: Clone) -> None:
    assert ready.make(D_VERSION="3.12.1") == (0, [AGAIN, FIRST])
    assert not (ready.venv / "mine").exists()
    assert ready.make(D_VERSION="3.12.9") == (0, [])


def test_a_broken_environment_and_a_python_that_will_not_do(ready: Clone) -> None:
    """The reason is told, and what is there is not touched."""
    _no_pip(ready)
    code, told = ready.make("run", D_VERSION="3.9.18")
    assert (code, len(told), told[0][:22]) == (2, 1, "Este Python é 3.9.18; ")
    assert (ready.venv / "mine").exists()


def test_an_interpreter_that_was_named_once_need_not_be_named_again(ready: Clone) -> None:
    """`make run PYTHON=…` made it; afterwards python3, which is too old, is not needed. Naming it is refused."""
    assert ready.make(D_VERSION="3.9.18") == (0, [])
    code, told = ready.make(".venv/.run", f"PYTHON={ready.double}", D_VERSION="3.9.18")
    assert (code, len(told)) == (2, 1)
    assert ready.make() == (0, [])
    assert (ready.venv / "mine").exists()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed_into_what_is_there(ready: Clone, name: str) -> None:
    with (ready.folder / name).open("a", encoding="utf-8") as file:
        file.write("# another line\n")
    assert ready.make() == (0, ["Atualizando as dependências em .venv..."])
    assert ready.asked_of_pip() == ["requirements.lock", "."]
    assert (ready.venv / "mine").exists()
    assert ready.make() == (0, [])


def test_changed_requirements_and_no_pip(ready: Clone) -> None:
    (ready.folder / "requirements.lock").write_text("# nothing\n")
    shutil.rmtree(ready.venv / "lib/python3.11/site-packages/pip")
    assert ready.make() == (0, [AGAIN, FIRST])


def test_the_environment_of_the_tests_serves_the_gateway(ready: Clone) -> None:
    assert ready.make(".venv/.dev") == (0, ["Atualizando as dependências em .venv..."])
    assert ready.asked_of_pip() == ["requirements-dev.lock", "."]
    assert ready.make(".venv/.run") == (0, [])
    assert ready.make(".venv/.dev") == (0, [])


# --- interrupted


@pytest.mark.parametrize(
    ("waits", "number"),
    [
        ("create", signal.SIGINT),
        ("create", signal.SIGTERM),
        ("create", signal.SIGKILL),
        ("pip", signal.SIGINT),
        ("pip", signal.SIGTERM),
    ],
)
def test_whatever_is_interrupted_starts_afterwards(clone: Clone, waits: str, number: int) -> None:
    code, told = clone.interrupt(waits, number)
    assert code != 0
    assert "Traceback" not in told
    assert clone.venv.exists()
    clone.asked_of_pip()
    assert clone.make() == (0, [AGAIN, FIRST])
    assert clone.asked_of_pip() == ["requirements.lock", "."]
    assert clone.make() == (0, [])


def test_an_update_that_is_interrupted_is_made_anew(ready: Clone) -> None:
    """pip may have been replacing itself."""
    (ready.folder / "requirements.lock").write_text("# nothing\n")
    code, _ = ready.interrupt("pip", signal.SIGINT)
    assert code != 0
    assert ready.make() == (0, [AGAIN, FIRST])


def test_an_installation_that_fails_is_told_and_made_anew(clone: Clone) -> None:
    assert clone.make("run", D_PIP="1") == (
        2,
        [FIRST, "A instalação falhou; o motivo está acima. Depois de resolvê-lo: make run"],
    )
    clone.asked_of_pip()
    assert clone.make() == (0, [AGAIN, FIRST])
    assert clone.asked_of_pip() == ["requirements.lock", "."]


def test_a_second_make_waits_for_the_first(clone: Clone) -> None:
    """It would otherwise take the half-made environment away. Once the first is gone it makes one itself."""
    first = clone.start(D_WAITS="pip")
    _wait_for(clone.is_waiting)
    second = clone.start()
    assert second.stderr is not None
    assert second.stderr.readline() == "Outro make prepara o ambiente; esperando por ele...\n"
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGINT)
    first.communicate(timeout=120)
    assert second.communicate(timeout=120)[1].splitlines() == [AGAIN, FIRST]
    assert second.returncode == 0


def test_the_pip_of_a_make_that_was_killed_is_waited_for(clone: Clone) -> None:
    first = clone.start(D_WAITS="pip")
    _wait_for(clone.is_waiting)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(timeout=120)
    second = clone.start()
    assert second.stderr is not None
    assert second.stderr.readline() == "Outro make prepara o ambiente; esperando por ele...\n"
    assert second.poll() is None
    os.kill(int((clone.folder / "waits").read_text()), signal.SIGKILL)
    assert second.communicate(timeout=120)[1].splitlines() == [AGAIN, FIRST]
    first.communicate(timeout=120)


# --- cleaning


def test_clean_leaves_the_trials(ready: Clone) -> None:
    (ready.folder / "demo").mkdir()
    assert ready.make("clean", D_VERSION="3.9.18") == (0, [])
    assert not ready.venv.exists()
    assert (ready.folder / "demo").exists()
    assert ready.make("clean-demo", D_VERSION="3.9.18") == (0, [])
    assert not (ready.folder / "demo").exists()
