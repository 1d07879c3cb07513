# `make up` and `make test` do their own set-up on a fresh machine: a virtual environment, dependencies by hash, weftline itself.

PYTHON ?= python3.11
PYTHON := $(shell command -v $(PYTHON) || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help up test check lint types protos bench sim lock clean

help:  ## Show this list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

up: .venv/.runtime  ## Run a mesh of three PoPs on this machine; Ctrl-C stops it.
	@$(BIN)/weft up $(ARGS)

test: .venv/.dev  ## Run the tests.
	$(BIN)/python -m pytest -n auto $(ARGS)

check: .venv/.dev lint types protos  ## Run every check that fails the build, but for the tests.

lint: .venv/.dev  ## Check format, style and import directions.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.dev  ## Check types, twice.
	$(BIN)/mypy
	$(BIN)/pyright

protos: .venv/.dev  ## Check the protocol files and the code generated from them.
	$(BIN)/buf lint protos
	$(BIN)/python protos/generate.py --check

bench: .venv/.dev  ## Measure a mesh beside direct and random choice.
	$(BIN)/weft bench mesh $(ARGS)

sim: .venv/.dev  ## Run the simulator over many seeds.
	$(BIN)/python -m tests.sim --seeds 0:200 $(ARGS)

lock: .venv/.dev  ## Resolve the lock files anew (needs uv).
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' -q -o requirements-dev.lock

clean:  ## Remove the virtual environment and every cache.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench-out

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what weftline needs into .venv (about 20 s, once)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the tests need into .venv (about 40 s, once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
