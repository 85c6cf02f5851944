# Two commands on a fresh machine: `make run` and `make test`. They need Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test test-oracle lint types lock clean

run: $(VENV)/.run
	@exec $(BIN)/prevenda demo

test: lint types
	$(BIN)/pytest -n 2 --dist loadgroup --oracle parte

# Everything through Oracle's own driver, on the protocol server, or on a real Oracle's scratch schema:
# PREVENDA_TEST_ORACLE_URL='oracle+oracledb://…?service_name=…' make test-oracle
test-oracle: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup --oracle tudo -k oracle

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

UV_COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet pyproject.toml

lock: $(VENV)/.dev
	$(UV_COMPILE) -o requirements.lock --extra build
	$(UV_COMPILE) -o requirements-dev.lock --extra dev

$(VENV)/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -e $(VENV)/.dev || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis demo
