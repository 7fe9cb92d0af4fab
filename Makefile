# Two commands do everything on a fresh machine with Python 3.11+ and make: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Tests run in this many processes; browser tests among them.
JOBS ?= 2

.PHONY: run test check format docs lock chromium soak conformance bench components clean

run: .venv/run.stamp ## start the dashboard on the sample estate
	$(BIN)/watchbook serve

test: check chromium ## everything: checks, then all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

check: .venv/dev.stamp ## format, lint, types, import rules, docs
	$(BIN)/ruff format --check dashboard tests
	$(BIN)/ruff check dashboard tests
	$(BIN)/mypy dashboard
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/docs

format: .venv/dev.stamp
	$(BIN)/ruff format dashboard tests
	$(BIN)/ruff check --fix dashboard tests

docs: .venv/dev.stamp ## write the pages that are made from the code
	$(BIN)/python -m tests.docs.generate

conformance: .venv/dev.stamp ## score the KQL translator on ../shared
	$(BIN)/python -m tests.conformance

bench: .venv/dev.stamp ## ratios against references, in one process each
	$(BIN)/python -m tests.benchmarks

soak: .venv/dev.stamp chromium ## the long suites with their full counts
	$(BIN)/python -m pytest -n $(JOBS) -m soak

components: ## rebuild the browser components from their sources (needs Node.js)
	set -e; for folder in dashboard/components/*/frontend; do (cd $$folder && npm ci --no-audit --no-fund && npm run check && npm run build); done

lock: .venv/dev.stamp ## write the lock files anew
	$(BIN)/uv pip compile -q pyproject.toml --universal --no-emit-index-url --no-header --generate-hashes -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --no-emit-index-url --no-header --generate-hashes -o requirements-dev.lock

chromium:
	@sh tests/chromium.sh

.venv/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watchbook needs Python 3.11 or newer; set PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	$(BIN)/python -m compileall -q dashboard
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.lock
	@touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache
