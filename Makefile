# Two commands: `make demo` opens the dashboard on a synthetic service, `make test` checks everything.
# Both set up what they need in .venv first. They need Python 3.11 or later, and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)

# uv where it is there (seconds), else pip (a minute). The lock files hold hashes and no addresses.
ifeq ($(UV),)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
else
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
endif

.PHONY: demo serve test check unit browser slow bench lock clean

demo: $(VENV)/.core
	$(BIN)/milepost demo

test: check

# Everything, in the order in which it fails soonest.
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

unit: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not browser"

browser: $(VENV)/.dev
	$(BIN)/pytest -m browser

slow: $(VENV)/.dev
	$(BIN)/pytest -m slow

bench: $(VENV)/.core
	$(BIN)/milepost bench --write docs/benchmarks.md

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Milepost needs Python 3.11 or later; say which with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps -e .
	-$(BIN)/python -m compileall -q $(VENV)/lib analytics data dashboard > /dev/null
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps -e .
	-$(BIN)/python -m compileall -q $(VENV)/lib analytics data dashboard > /dev/null
	touch $@ $(VENV)/.core

# After a change of dependencies in pyproject.toml; needs uv.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
