"""``make audit``: what the project is built on. Run as a program; every check prints one line, the exit code is 1 when
one failed. Static security rules are ruff's (S), run by the make target before this.

Known vulnerabilities are asked of the advisory service by pip-audit. Where it cannot be reached that is said loudly,
and the exit code is 3: not checked is not passed.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
MAIS_DEPENDENCIAS = 28  # two of them PostgreSQL's driver, so that its URL works after `make run`
# What the build needs is in the lock file of the run, but is not running.
SO_DA_CONSTRUCAO = {
    "hatchling",
    "editables",
    "pathspec",
    "pluggy",
    "tomlkit",
    "trove-classifiers",
    "packaging",
    "tomli",
}
# Free licences without a condition on what is built with the library.
LIVRES = re.compile(r"\b(MIT|BSD|Apache|PSF|Python Software Foundation|ISC|0BSD|UPL|Unlicense|Zlib)\b", re.IGNORECASE)
# Weak copyleft, used unchanged as a library.
CONFERIDAS = {
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "certifi": "MPL-2.0",
    "simplejson": "MIT OR AFL-2.1",
    "waitress": "ZPL-2.1",
}


def pacotes(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Name -> (version, hashes) of a lock file."""
    achados: dict[str, tuple[str, list[str]]] = {}
    for bloco in re.split(r"\n(?=\S)", lock):
        nome = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", bloco)
        if nome:
            achados[nome[1].lower()] = (nome[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", bloco))
    return achados


def licenca(nome: str) -> str | None:
    """The licence a distribution declares; None when it is not installed (another platform's)."""
    try:
        metadata = importlib.metadata.metadata(nome)
    except importlib.metadata.PackageNotFoundError:
        return None
    classes = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or () if c.startswith("License ::")]
    return metadata.get("License-Expression") or ", ".join(classes) or (metadata.get("License") or "?").split("\n")[0]


def sem_hash(lock: str) -> list[str]:
    """Packages of a lock file that pip could take from anybody."""
    return [nome for nome, (_, hashes) in pacotes(lock).items() if not hashes]


def de_execucao(lock: str) -> set[str]:
    return set(pacotes(lock)) - SO_DA_CONSTRUCAO


def licencas_a_conferir(nomes: set[str]) -> list[str]:
    """Distributions whose licence nobody has looked at."""
    return [
        f"{nome}: {achada}"
        for nome in sorted(nomes)
        if (achada := licenca(nome)) is not None and nome not in CONFERIDAS and not LIVRES.search(achada)
    ]


def vulnerabilidades() -> str | None:
    """What pip-audit finds; None for nothing. Raises LookupError when it cannot be asked."""
    program = shutil.which("pip-audit", path=str(Path(sys.executable).parent)) or shutil.which("pip-audit")
    if program is None:
        raise LookupError("pip-audit is not installed")
    for lock in LOCKS:
        command = [program, "--require-hashes", "--disable-pip", "--progress-spinner=off", "-r", str(ROOT / lock)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            raise LookupError("the vulnerability service did not answer in 5 minutes") from None
        if result.returncode and "Name" in result.stdout:
            return f"{lock}:\n{result.stdout}"
        if result.returncode:
            last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise LookupError(f"pip-audit could not ask: {last}")
    return None


def conferir() -> Iterator[tuple[bool, str]]:
    """(passed, line) of every check that needs no network."""
    locks = {nome: (ROOT / nome).read_text("utf-8") for nome in LOCKS}
    for nome, lock in locks.items():
        faltam = sem_hash(lock)
        yield not faltam, f"{nome}: {len(pacotes(lock))} packages, without a hash: {', '.join(faltam) or 'none'}"
    runtime = de_execucao(locks[LOCKS[0]])
    yield len(runtime) <= MAIS_DEPENDENCIAS, f"runtime dependencies: {len(runtime)} of {MAIS_DEPENDENCIAS}"
    estranhas = licencas_a_conferir(runtime)
    yield not estranhas, f"licences to look at: {'; '.join(estranhas) or 'none'}"


NAO_CONFERIDO = 3


def main() -> int:
    """Print every check; 1 when one failed, else 3 when the vulnerabilities could not be asked for."""
    falhou = False
    for certo, linha in conferir():
        falhou |= not certo
        print(("ok      " if certo else "FAILED  ") + linha)
    for nome in sorted(de_execucao((ROOT / LOCKS[0]).read_text("utf-8"))):
        print(f"        {nome}: {CONFERIDAS.get(nome) or licenca(nome) or 'not installed here'}")
    try:
        achadas = vulnerabilidades()
    except LookupError as error:
        print(f"\n!!!!!!  KNOWN VULNERABILITIES WERE NOT CHECKED: {error}  !!!!!!", file=sys.stderr)
        return int(falhou) or NAO_CONFERIDO
    print("ok      no known vulnerability" if achadas is None else f"FAILED  known vulnerabilities\n{achadas}")
    return int(falhou or achadas is not None)


if __name__ == "__main__":
    sys.exit(main())
