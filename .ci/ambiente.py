# -*- coding: utf-8 -*-
"""Makes .venv for the Makefile, or says in one line why it cannot.

    python3 .ci/ambiente.py .run 'make run' [named]

The first argument is the stamp to be had, the second what to repeat with another PYTHON; the third says that a person
chose this interpreter. Exit: 0 .venv is ready, 1 refused, 130 interrupted.

This file is read by whatever Python is called `python3`, also by one too old to be used: it has no annotation, no
f-string, and needs nothing new before the version is judged. Everything else of the project needs 3.11.

An environment is whole when it has a stamp and its interpreter still runs. Stamps are taken away before anything is
changed and written last, so what was interrupted (Ctrl-C, a full disk, no network) has none and is made anew. It is
made where it stays, because its scripts name their interpreter by an absolute path; the stamp names the folder too,
and an environment that was copied or moved is made anew as well.
"""

import contextlib
import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys

OLDEST = (3, 11)
# pip verifies and unpacks what it downloads; the demonstration is an SQLite database.
MODULES = ("venv", "ensurepip", "zlib", "_ssl", "_sqlite3")
# What a stamp promises; .dev holds all that .run does.
LOCKS = {".run": "requirements.lock", ".dev": "requirements-dev.lock"}
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NOTHING, INSTALL, ANEW = range(3)


class Refusal(Exception):
    """What a person is told, in one line."""


def main(arguments):
    kind, again = arguments[:2]
    # As Ctrl-C: what was started here must not go on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        prepare(kind, again, named=len(arguments) > 2)
    except Refusal as refusal:
        tell(str(refusal))
        return 1
    except EnvironmentError as error:
        tell("O ambiente .venv não pôde ser preparado: {0}".format(error))
        return 1
    except KeyboardInterrupt:
        tell("Interrompido. O que ficou incompleto é refeito por: {0}".format(again))
        return 130
    return 0


def prepare(kind, again, named):
    """Leave .venv with this stamp. Raises Refusal, before anything is made when the interpreter is the reason."""
    problem = lacking(again)

    def judge():
        todo = needed(kind, None if problem else "{0}.{1}".format(*sys.version_info))
        if problem and (named or todo == ANEW):
            raise Refusal(problem)
        return todo

    if judge() == NOTHING:
        return
    with alone() as lock:
        todo = judge()  # another make may have done it in the meantime
        if todo == NOTHING:
            return
        for name in LOCKS:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(VENV, name))
        if todo == ANEW:
            clear()
            tell("Preparando o ambiente .venv; leva cerca de meio minuto...")
            build(again)
        else:
            tell("Atualizando as dependências em .venv...")
        install(LOCKS[kind], again, lock)
        with io.open(os.path.join(VENV, kind), "w", encoding="utf-8") as stamp:
            stamp.write(identity(version_of(PYTHON)) + contents(kind))


def lacking(again):
    """Why no environment can be made with this interpreter; None when it can."""
    this = "{0}.{1}.{2}".format(*sys.version_info)
    if tuple(sys.version_info[:2]) < OLDEST:
        text = "Este Python é {0}; é preciso 3.11 ou mais novo. Indique outro: {1} PYTHON=python3.11"
        return text.format(this, again)
    find = importlib.import_module("importlib.util").find_spec
    missing = [module for module in MODULES if find(module) is None]
    if missing:
        text = (
            "A este Python {0} falta {1}. Instale (no Debian e no Ubuntu: apt install python{2}.{3}-venv) "
            "ou indique outro: {4} PYTHON=/outro/python3"
        )
        return text.format(this, ", ".join(missing), sys.version_info[0], sys.version_info[1], again)
    return None


def needed(kind, wanted):
    """NOTHING, INSTALL or ANEW; ``wanted`` is the version the environment must have, None for any."""
    version = version_of(PYTHON)
    whose = identity(version)
    stamps = {name: read(os.path.join(VENV, name)) for name in LOCKS}
    if version is None or wanted not in (None, version) or not any(text.startswith(whose) for text in stamps.values()):
        return ANEW
    if any(stamps[name] == whose + contents(name) for name in (kind, ".dev")):
        return NOTHING
    has_pip = os.path.isdir(os.path.join(VENV, "lib", "python" + version, "site-packages", "pip"))
    return INSTALL if has_pip else ANEW


def version_of(python):
    """``3.11``, asked of the interpreter itself; None when it does not run."""
    ask = "import sys; print('{0}.{1}'.format(*sys.version_info))"
    try:
        return subprocess.check_output([python, "-IS", "-c", ask], stderr=subprocess.STDOUT).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def identity(version):
    """The first line of a stamp."""
    return "Python {0} {1}\n".format(version, json.dumps(VENV))


def contents(kind):
    """The second line: what was to be installed."""
    sha = hashlib.sha256()
    for name in (LOCKS[kind], "pyproject.toml"):
        with io.open(os.path.join(ROOT, name), "rb") as file:
            sha.update(file.read())
    return sha.hexdigest() + "\n"


def read(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except EnvironmentError:
        return ""


@contextlib.contextmanager
def alone():
    """One make at a time; gives the lock, which holds as long as somebody has it open."""
    import fcntl

    with io.open(os.path.join(ROOT, ".ci", "ambiente.py"), "r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except EnvironmentError:
            tell("Outro make prepara o ambiente; esperando por ele...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def clear():
    """Take away what is there, and say why."""
    if os.path.lexists(VENV):
        tell("O ambiente .venv está incompleto, mudou de lugar ou é de outro Python: será refeito.")
        if os.path.isdir(VENV) and not os.path.islink(VENV):
            shutil.rmtree(VENV)
        else:
            os.unlink(VENV)


def build(again):
    """An environment with pip and nothing else."""
    # In this process: `python -m venv` answers Ctrl-C with a traceback.
    venv = importlib.import_module("venv")
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
        return
    except subprocess.CalledProcessError as error:
        reason = ((error.output or b"").decode("utf-8", "replace").strip().splitlines() or [str(error)])[-1]
    except ValueError as error:
        reason = str(error)
    text = "Este Python ({0}) não criou o ambiente .venv: {1}. Indique outro: {2} PYTHON=/outro/python3"
    raise Refusal(text.format(sys.executable, reason, again))


def install(lock_file, again, lock):
    """The locked packages and the project itself. pip inherits ``lock``, so that one left behind is waited for."""
    for arguments in (
        ["--require-hashes", "-r", lock_file],
        ["--no-deps", "--no-build-isolation", "--editable", "."],
    ):
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # In a session of its own, so that Ctrl-C reaches it as an end and not as a traceback.
        pip = subprocess.Popen(command + arguments, cwd=ROOT, start_new_session=True, pass_fds=[lock])
        try:
            status = pip.wait()
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(pip.pid, signal.SIGTERM)
            pip.wait()
            raise
        if status:
            raise Refusal("A instalação falhou; o motivo está acima. Depois de resolvê-lo: {0}".format(again))


def tell(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
