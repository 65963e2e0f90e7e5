# Ferry. `make demo` and `make test` are all that a newcomer needs.
PY = .venv/bin/python

.PHONY: help demo test bench faults lint format lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: ## Run the whole thing on this machine: playground Slack, sample host, SQLite
	@scripts/venv requirements.lock
	@$(PY) -m bot demo

test: ## Run every test; as root, install what tests need first
	@scripts/venv requirements-dev.lock
	@scripts/test-tools
	$(PY) -m pytest -n 2 --dist loadfile

bench: ## Measure Ferry beside what it replaces: make bench PARTS="a c", QUICK=1
	@scripts/venv requirements-dev.lock
	@scripts/test-tools
	@$(PY) -m bench $(if $(QUICK),--quick) $(PARTS)

ROUNDS ?= 10
faults: ## Kill, cut and fill up for many rounds (ROUNDS=100); prints what came of it
	@scripts/venv requirements-dev.lock
	@scripts/test-tools
	FERRY_FAULT_ROUNDS=$(ROUNDS) $(PY) -m pytest tests/faults -n 2 -q

lint: ## Check style, types, layers and migrations
	@scripts/venv requirements-dev.lock
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m db.migrations check

format: ## Put the code in shape
	@scripts/venv requirements-dev.lock
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

lock: ## Pin what pyproject.toml asks for (scripts/lock --upgrade moves every pin)
	@scripts/lock

clean: ## Remove what make and the tools made; var/, the demo's data, stays
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
