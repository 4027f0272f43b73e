# LAPOR! Soppeng. Everything installs into .venv/ and runs from there; `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder --max-worker-restart 4 --durations 40
PARTS := contracts kabupaten chassis intake look $(wildcard services/*) deploy/local deploy/monitoring testing
SOURCES := contracts/src kabupaten/src chassis/src intake/src look/src deploy/local/src deploy/monitoring/src testing/src $(wildcard services/*/src)
TESTS := $(wildcard $(addsuffix /tests,$(PARTS)) tests/*/)

# Tests start hundreds of Python processes: what is compiled is kept, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help sync run down check test test-all soak fmt lock schemas dashboards sbom

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "make %-9s %s\n", $$1, $$2}'

sync: .venv/.synced ## install what is pinned in requirements/, into .venv/

.venv/.synced: requirements/uv.txt requirements/dev.txt $(addsuffix /pyproject.toml,$(PARTS))
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "LAPOR! needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV) pip sync -q --require-hashes --python $(BIN)/python requirements/dev.txt requirements/uv.txt
	@$(UV) pip install -q --offline --no-deps --no-sources --python $(BIN)/python $(addprefix -e ./,$(PARTS))
	@touch $@

run: sync ## install and start the whole system, in the foreground
	@$(BIN)/lapor up $(ARGS)

down: ## stop it, if it runs detached
	@$(BIN)/lapor down

check: sync ## what a change since main may break: static checks and fast tests (ALL=1: all of these)
	@folders=$$($(BIN)/python -m testing.suite.changed $(if $(ALL),--all)) && \
		$(MAKE) --no-print-directory static TESTS="$$folders" && \
		$(BIN)/python -m testing.suite.commits && $(PYTEST) -m fast $$folders $(ARGS)

test: sync ## before each landing: static checks, all fast tests, and each promise on the real system
	@$(MAKE) --no-print-directory static
	@python3 .ci/guard.py $(PYTEST) -m "fast or promise" -o budget=36000 $(ARGS)

test-all: sync ## before a release: every test, on real Kafka and PostgreSQL
	@$(MAKE) --no-print-directory static
	@python3 .ci/guard.py $(PYTEST) $(ARGS)

soak: sync ## for hours: at length what `make test-all` tries in short, then the containers (as root)
	@$(MAKE) --no-print-directory fetch
	@LAPOR_SOAK=1 LAPOR_REQUIRE_ALL=1 python3 .ci/guard.py $(PYTEST) -m soak -o faulthandler_timeout=15000 $(ARGS)
	@deploy/containers/try.sh build/soak

.PHONY: fetch
fetch: sync ## all that tests share and that comes from elsewhere, or takes long to make; after it they need no network
	@$(BIN)/python -m testing.suite.fetch

.PHONY: static
static:
	@$(BIN)/ruff format --check -q . || { echo "not formatted: make fmt"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy --no-error-summary $(SOURCES)
	@# Tests are no packages, and their modules have the same names: each folder is checked by itself.
	@failed=0; for tests in $(TESTS); do $(BIN)/mypy --no-error-summary $$tests || failed=1; done; exit $$failed
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m contracts.generate --check
	@$(BIN)/python -m monitoring.generate --check

fmt: sync ## format, and mend what the linter can mend
	@$(BIN)/ruff check -q --fix . || true
	@$(BIN)/ruff format -q .
	@$(BIN)/python -m testing.suite.sentence_lines .

schemas: sync ## write the JSON Schemas from contracts/, and what units are given of the API
	@$(BIN)/python -m contracts.generate
	@$(BIN)/python -m unit_desk.handlers.openapi > docs/agencies/openapi.json

dashboards: sync ## write Grafana's dashboards anew from deploy/monitoring/
	@$(BIN)/python -m monitoring.generate

lock: ## resolve all dependencies anew into requirements/ (read the diff)
	@test -x $(UV) || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q uv; }
	@rm -f uv.lock
	@$(UV) lock -q
	@for s in $(notdir $(wildcard services/*)) lapor; do \
		$(UV) export -q --frozen --no-dev --no-emit-workspace --no-header --package $$s --format requirements-txt -o requirements/$$s.txt; done
	@$(UV) export -q --frozen --all-packages --no-emit-workspace --no-header --format requirements-txt -o requirements/dev.txt
	@echo "uv==$$($(UV) --version | cut -d' ' -f2)" | $(UV) pip compile -q --generate-hashes --no-header --no-emit-index-url -o requirements/uv.txt -
	@rm -f uv.lock

sbom: sync ## what each service is made of (CycloneDX) and under which licences, into build/
	@$(BIN)/python deploy/sbom.py
