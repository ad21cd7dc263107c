# make run | demo | install | test | lint | bench | soak | screenshots | lock | clean
#
# run and demo take HOST=, PORT=, DATA_DIR= and ARGS='--any-option'; test takes PYTEST_ARGS=; all take
# PYTHON=/path/to/python3 (3.11 or newer) for the first time, when .venv is made.

# Only what is said on make's own command line counts: many a shell has a HOST of its own.
said = $(if $(filter command,$(firstword $(origin $1))),$($1))
export TIMEKPR_MNGR_HOST := $(or $(call said,HOST),$(TIMEKPR_MNGR_HOST))
export TIMEKPR_MNGR_PORT := $(or $(call said,PORT),$(TIMEKPR_MNGR_PORT))
export TIMEKPR_MNGR_DATA_DIR := $(or $(call said,DATA_DIR),$(TIMEKPR_MNGR_DATA_DIR))
export PYTHON PYTEST_ARGS

.PHONY: run demo install test lint bench soak screenshots lock clean

run:
	@scripts/install run
	@exec .venv/bin/timekpr-mngr serve $(ARGS)

demo:
	@scripts/install run
	@exec .venv/bin/timekpr-mngr demo $(ARGS)

install:
	@scripts/install run

test:
	@scripts/install dev
	@scripts/prepare-tests
	@scripts/check

lint:
	@scripts/install dev
	@scripts/check lint

bench:
	@scripts/install dev
	@scripts/prepare-tests
	@.venv/bin/python -m bench $(ARGS)

soak:
	@scripts/install dev
	@scripts/prepare-tests
	@.venv/bin/python -m pytest -m soak --timeout=0 -o faulthandler_timeout=0 -s $(PYTEST_ARGS)

screenshots:
	@scripts/install dev
	@scripts/prepare-tests
	@.venv/bin/python scripts/screenshots.py $(or $(ARGS),docs/screenshots --webp)

lock:
	@scripts/lock $(ARGS)

clean:
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests bench scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
