# Two commands on a fresh machine: `make run` and `make test`. They need Python 3.11+ with venv, and make.
# Another interpreter than python3: `make run PYTHON=python3.12`
PYTHON ?= python3
override VENV := .venv
BIN    := $(VENV)/bin

.PHONY: run test test-oracle aceite-oracle lint types bench historia comparacao audit ataque exaustivo fuzz contrato prova soak pacote lock desenho tabelas telas painel \
	clean clean-demo $(VENV)/.run $(VENV)/.dev

run: $(VENV)/.run
	@exec $(BIN)/prevenda demo

# Some hundred processes are started: what they import is compiled once, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: lint types
	$(BIN)/pytest -n 4 --dist loadgroup --oracle parte

# Every test that can, through Oracle's own driver on the protocol server of tests/oracle_wire; and a part of them once
# more on an instance that speaks Portuguese.
test-oracle: $(VENV)/.dev
	$(BIN)/pytest -n 4 --dist loadgroup --oracle tudo -m "oracle or protocolo"
	PREVENDA_TEST_ORACLE_NLS=brasil $(BIN)/pytest -n 4 --dist loadgroup --oracle parte -m "oracle or protocolo"

# The same on a real Oracle, in a scratch schema; the report is aceite-oracle.md. Either of
# PREVENDA_TEST_ORACLE_URL='oracle+oracledb://user:password@host/?service_name=name'         an empty schema
# PREVENDA_TEST_ORACLE_ADMIN_URL='oracle+oracledb://system:password@host/?service_name=name'  makes one and drops it
aceite-oracle: $(VENV)/.dev
	$(BIN)/python -m tests.oracle.aceite

# The wheel in a fresh environment with the locked dependencies, installed for real.
pacote: $(VENV)/.dev
	PREVENDA_TEST_PACOTE=completo $(BIN)/pytest -n 0 tests/integration/test_pacote.py

# The drawings of docs/arquitetura.md, from the imports.
desenho: $(VENV)/.dev
	$(BIN)/python -m tests.architecture.desenho

# Screenshots of every page of the panel: wide, tablet, phone, light and dark, in build/telas; needs Chromium.
# `make telas PUBLICAR=1` makes the pictures of README and docs/retaguarda.md anew instead.
telas: $(VENV)/.dev
	$(BIN)/python -m tests.browser.telas $(if $(PUBLICAR),--publicar)

# What each page of the panel takes with a million operations and 100,000 live reservations: about ten minutes.
painel: $(VENV)/.dev
	$(BIN)/python -m tests.bench.painel $(if $(PUBLICAR),--publicar)

# The tables of docs/ that are made from the code: settings, codes, avisos, differences.
tabelas: $(VENV)/.dev
	$(BIN)/python -m tests.architecture.tabelas

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# Ratios measured side by side, never asserted: about ten minutes; `make bench CURTO=1` for one or two.
# `make bench PUBLICAR=1` also writes them into docs/velocidade.md and redraws its chart. `make bench CONTRA=COMMIT` runs
# this version and that one in turns instead: about four minutes. `make bench PARTE=vendedores`, `PARTE=tamanho` and
# `PARTE=memoria` run what is no part of it: one seller and many with the database far away, tables with a million rows
# each, and half an hour of sales.
bench: $(VENV)/.dev
ifdef CONTRA
	$(BIN)/python -m tests.bench.contra $(CONTRA) $(if $(CURTO),--curto) $(if $(PUBLICAR),--publicar)
else ifdef PARTE
	$(BIN)/python -m tests.bench.$(PARTE) $(if $(CURTO),--curto) $(if $(PUBLICAR),--publicar)
else
	$(BIN)/python -m tests.bench $(if $(CURTO),--curto) $(if $(PUBLICAR),--publicar)
	$(BIN)/python tests/bench/cep_pendurado.py $(if $(CURTO),--rodadas 1 --pedidos 20)
endif

# What five years of the ERP's orders cost, on a generated past: `make historia PEDIDOS=100000` for a smaller one. With
# ORACLE=1 ten thousand of them against a million, through Oracle's own driver: ends with 1 where the past costs more.
historia: $(VENV)/.dev
	$(BIN)/python -m tests.bench.historia$(if $(ORACLE),_oracle) $(if $(PEDIDOS),--pedidos $(PEDIDOS)) $(if $(PUBLICAR),--publicar)

# What comparing a site's own past costs (`prevenda comparar`), on a generated log of 100,000 orders: about seven minutes.
comparacao: $(VENV)/.dev
	$(BIN)/python -m tests.bench.comparacao $(if $(PEDIDOS),--pedidos $(PEDIDOS))

# What the project is built on: static security rules, hashes, number and licences of dependencies, known vulnerabilities.
audit: $(VENV)/.dev
	$(BIN)/ruff check --select S .
	$(BIN)/python -m tests.auditoria

# Hostile requests, all of them, against the application in this process (the suite runs a part); then strangers and
# stuck sessions against a server, each beside its control.
ataque: $(VENV)/.dev
	$(BIN)/python -m tests.reliability.ataque
	$(BIN)/python -m tests.reliability.ataque_a_porta

# What `make test` does in part: every pair of operations with the second before every statement of the first, every
# operation with every move of WinThor's likewise, every filter of every list in every order, every wrong value in every
# member and state, what is moved or drawn at random with ten times the seeds, WinThor's lock order against ours a
# hundred rounds each, and `make exaustivo SEQUENCIAS=2000` random sequences of 50 operations against the model.
SEQUENCIAS ?= 2000
exaustivo: $(VENV)/.dev
	$(BIN)/pytest -n 2 tests/reliability/cada_comando.py tests/reliability/cada_comando_winthor.py
	PREVENDA_TEST_EXAUSTIVO=1 $(BIN)/pytest -n 2 tests/integration/test_listas_por_estado.py \
	  tests/integration/vida/test_familia_de_pedidos.py tests/integration/vida/test_volta.py \
	  tests/integration/remetentes/test_fatos.py
	PREVENDA_TEST_RODADAS=100 $(BIN)/pytest -n 2 tests/reliability/test_cede_a_vez.py
	PREVENDA_TEST_MAQUINA=$(SEQUENCIAS) $(BIN)/pytest -n 0 tests/reliability/test_maquina_de_estados.py

# Ten minutes of generated JSON through HTTP without one 500; `make fuzz SEGUNDOS=60` for less.
SEGUNDOS ?= 600
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.reliability.fuzz $(SEGUNDOS)

# Ten minutes of schemathesis: /openapi.json against the gateway, every check; `make contrato SEGUNDOS=60` for less.
contrato: $(VENV)/.dev
	$(BIN)/python -m tests.reliability.contrato $(SEGUNDOS)

# The counted proofs on real servers and a PostgreSQL of their own: every kill, restart and repetition that docs/provas.md claims.
# `make prova PARTE=0.1` for a tenth of the repetitions. Report: build/prova/relatorio.md
PARTE ?= 1
prova: $(VENV)/.dev
	$(BIN)/python -m tests.reliability.prova prova --parte $(PARTE)

# Mixed load, kills, database restarts and the leaks of a gateway that lives through them. Report: build/soak/relatorio.md
MINUTOS ?= 30
soak: $(VENV)/.dev
	$(BIN)/python -m tests.reliability.prova soak --minutos $(MINUTOS)

UV_COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet pyproject.toml

lock: $(VENV)/.dev
	$(UV_COMPILE) -o requirements.lock --extra build --extra postgresql
	$(UV_COMPILE) -o requirements-dev.lock --extra dev

# What `make run` needs, and what everything else does. The script is asked each time: it refuses an interpreter that
# will not do, makes a broken or unfinished .venv anew, and has nothing to do otherwise.
REPITA := make $(or $(firstword $(MAKECMDGOALS)),run)

$(VENV)/.run $(VENV)/.dev:
	@command -v "$(PYTHON)" >/dev/null || { echo "Não há $(PYTHON) aqui. Instale o Python 3.11 ou mais novo, com venv," \
	  "ou indique outro: $(REPITA) PYTHON=python3.11" >&2; exit 1; }
	@"$(PYTHON)" .ci/ambiente.py $(@F) "$(REPITA)" $(if $(filter file,$(origin PYTHON)),,named)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The demonstration's database, with whatever was tried on it.
clean-demo:
	rm -rf demo
