# Tideover. `make` alone prints this list; docs/setup.md says more about each target.
PYTHON ?= python3
BIN := .venv/bin
SETUP = $(PYTHON) -m setup.bootstrap $(if $(YES),--yes)
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make requirements" $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help run test test-long faults bench lint types format nlu-report train setup setup-dev setup-transformer packages requirements clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: setup ## set everything up, make a sample loan book, train if needed, serve
	$(BIN)/tideover db upgrade
	$(BIN)/tideover sample --if-empty
	$(BIN)/tideover train
	$(BIN)/tideover serve

test: setup-dev packages ## set everything up, train if needed, run every test but the long and fault runs
	$(BIN)/tideover train
	eval "$$(setup/debian-packages url)" && $(BIN)/pytest

test-long: setup-dev packages ## the soak runs, and every property on many more made-up examples
	$(BIN)/tideover train
	eval "$$(setup/debian-packages url)" && \
		$(BIN)/pytest -m "long or hypothesis" --hypothesis-profile=long --timeout=3600

faults: setup-dev packages ## the fault runs: processes killed, disks full, networks cut
	$(BIN)/tideover train
	eval "$$(setup/debian-packages url)" && $(BIN)/pytest -m faults

bench: setup-dev ## every benchmark script, one after the other
	$(BIN)/tideover train
	for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

lint: setup-dev ## style, formatting, and which package may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: setup-dev ## static types
	$(BIN)/mypy

format: setup-dev ## rewrite the code in the common format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

nlu-report: setup-dev ## how well messages are understood, into docs/understanding.md
	$(BIN)/tideover train
	$(BIN)/python -m tideover.nlu_report

train: setup ## train the dialogue model, unless nothing it depends on changed
	$(BIN)/tideover train

setup: ## both Python environments; YES=1 lets uv install a missing Python
	@command -v $(PYTHON) >/dev/null || { echo "tideover: python3 is missing: install Python 3.11 or newer" \
		"/ 缺少 python3：请安装 Python 3.11 或更新版本" >&2; exit 1; }
	@$(SETUP)

setup-dev: ## the same, with what tests and checks need
	@command -v $(PYTHON) >/dev/null || { echo "tideover: python3 is missing: install Python 3.11 or newer" \
		"/ 缺少 python3：请安装 Python 3.11 或更新版本" >&2; exit 1; }
	@$(SETUP) --dev

setup-transformer: ## the environments, with what a transformer featurizer needs
	@$(SETUP) --transformer

packages: ## PostgreSQL, Chromium and Chinese fonts for the tests, and a throwaway PostgreSQL
	@setup/debian-packages

requirements: ## recompile requirements/*.txt from *.in; UPGRADE=1 takes newer versions
	@command -v $(UV) >/dev/null || { echo "tideover: uv is missing, and only uv compiles the requirements" >&2; exit 1; }
	$(COMPILE) --python-version 3.11 requirements/app.in -o requirements/app.txt
	$(COMPILE) --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --python-version 3.10 requirements/rasa.in -o requirements/rasa.txt
	$(COMPILE) --python-version 3.10 requirements/transformer.in -o requirements/transformer.txt

clean: ## remove caches and stop the throwaway PostgreSQL; keeps environments, models and loan books
	@setup/debian-packages stop
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
