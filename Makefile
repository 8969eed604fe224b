# Needs only make, git and Python 3.11 or later with venv; every target makes .venv by itself.

PYTHON ?= python3
BIN := .venv/bin
RUNS := .venv/.runs
STAMP := .venv/.installed
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --constraint constraints.txt
TESTS ?= tests
# Each of the thousands of gto processes that tests start would compile gto anew, where Python is told to write no bytecode.
export PYTHONDONTWRITEBYTECODE :=
# What is enforced of the whole is not asked of a part.
COVERAGE := $(if $(filter tests,$(TESTS)),--cov --cov-report=term)

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench docs soak clean tools

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv with gto, as editable, and every tool of the project
	@echo "==> Ready: $(BIN)/gto --help"

demo: $(RUNS) ## build sample registries, walk through one, and open Studio on all
	@$(BIN)/python scripts/demo.py

test: $(STAMP) ## run the tests, with coverage (TESTS=tests/unit for some of them, without)
	@echo "==> Tests"
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -n auto $(COVERAGE) $(TESTS)

check: $(STAMP) ## ruff, mypy --strict, import contracts
	@echo "==> Style (ruff)"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@for version in 3.11 3.12 3.13 3.14; do \
		echo "==> Types (mypy --strict, Python $$version)"; \
		$(BIN)/mypy --strict --python-version $$version src integrations/mlflow/src tests || exit 1; \
	done
	@echo "==> Floors (import-linter)"
	@$(BIN)/lint-imports --no-logo

bench: $(STAMP) ## measure gto beside git, GTO 1.10.1, DVC and MLflow
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/catalog.py
	@$(BIN)/python benchmarks/signatures.py
	@$(BIN)/python benchmarks/hook.py
	@$(BIN)/python benchmarks/ci.py
	@$(BIN)/python benchmarks/delivery.py
	@$(BIN)/python benchmarks/facts.py
	@$(BIN)/python benchmarks/batch.py
	@$(BIN)/python benchmarks/studio.py
	@$(BIN)/python benchmarks/studio_team.py
	@$(BIN)/python benchmarks/hub_download.py
	@$(BIN)/python benchmarks/large_file.py

docs: $(STAMP) ## build the documentation into site/
	@echo "==> Documentation (mkdocs)"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

soak: $(STAMP) ## run the long tests, an hour or so
	@echo "==> Long tests"
	@$(BIN)/python -m pytest -n auto -m soak $(TESTS)
	@echo "==> Laws, with more examples than the tests try"
	@$(BIN)/python -m pytest -n auto --hypothesis-profile=soak tests/properties/test_annotations.py tests/properties/test_naming.py \
		tests/studio/test_sync.py::test_an_index_that_grew_through_anything_equals_one_made_anew \
		tests/studio/team/test_openapi.py

clean: ## delete what make and its tools made, .venv too
	rm -rf .venv demo-registry demo-catalogue site build dist .reference .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made in two steps: what gto and Studio need to run, and the tools that test, check and document it.
$(RUNS): pyproject.toml constraints.txt | tools
	@echo "==> Environment (.venv): gto, Studio and what they need"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[studio]'
	@touch $@

$(STAMP): $(RUNS)
	@echo "==> Environment (.venv): tools to test, check and document it; a minute or two, a quarter of a gigabyte"
	@$(PIP) --no-compile --no-build-isolation --editable '.[test,check,docs]'
	@touch $@

tools:
	@command -v git >/dev/null || { echo "Missing: git. On Debian: apt-get install git" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Missing: $(PYTHON). On Debian 12 or later: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Missing: Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Missing: the venv module of $(PYTHON). On Debian: apt-get install python3-venv" >&2; exit 1; }
