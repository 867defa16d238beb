# Boon's targets. `make` alone lists them. Everything is set up in .venv; nothing is installed elsewhere.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
UV_VERSION := 0.13.9
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)
STAMP := $(VENV)/.runtime-$(shell sha256sum < requirements.txt | cut -c1-12)
DEV_STAMP := $(VENV)/.development-$(shell cat requirements.txt requirements-dev.txt | sha256sum | cut -c1-12)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run setup serve test test-sqlite test-postgresql check format bench soak lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

run: $(STAMP) .env ## All set-up, then the demo at http://127.0.0.1:8000 with its login and keys
	@exec $(PY) manage.py run_demo --port $(PORT)

setup: $(STAMP) .env ## .venv, dependencies, settings, migrations
	@$(PY) manage.py migrate -v 0 && echo "Set up. Next: make run, or make serve PORT=…"

serve: setup ## Serves with the current environment, without the demo
	@exec $(PY) manage.py serve --port $(PORT)

test: $(DEV_STAMP) .env ## All set-up, then the tests on SQLite and PostgreSQL
	@$(PY) -m tests.run

check: $(DEV_STAMP) .env ## Format, lint, types, settings, migrations
	@set -e; \
	$(PY) -m ruff format --check -q . || { echo "Some files are not formatted: make format"; exit 1; }; \
	$(PY) -m ruff check -q .; \
	$(PY) -m mypy .; \
	$(PY) manage.py makemigrations --check --dry-run -v 0 || { echo "Migrations are missing"; exit 1; }; \
	BEHIND_TLS=1 DEBUG=0 SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))') \
		$(PY) manage.py check --deploy --fail-level WARNING; \
	$(PY) -m pytest -q tests/test_floors.py

format: $(DEV_STAMP) ## Formats the code
	@$(PY) -m ruff check -q --fix . ; $(PY) -m ruff format -q .

bench: $(DEV_STAMP) .env ## Speed, as ratios to the database's own
	@$(PY) -m bench.run $(BENCH)

soak: $(DEV_STAMP) .env ## What takes long: kill -9 in a loop, many senders, large property runs
	@SOAK=1 $(PY) -m tests.run tests/soak tests/journeys/test_three_times.py tests/api/test_openapi.py tests/api/test_fuzz.py \
		tests/eventschema/test_json_schema.py

lock: $(DEV_STAMP) ## Writes requirements*.txt from requirements*.in
	@$(PY) -m pip install -q uv==$(UV_VERSION)
	@for name in requirements requirements-dev; do \
		$(VENV)/bin/uv pip compile -q --python-version 3.11 --generate-hashes --no-header $$name.in -o $$name.txt; done

clean: ## Removes .venv and caches, never the database
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The stamp is named after the lock: a changed lock installs anew, a killed install leaves no stamp.
define install
	@set -e; umask 022; \
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		for candidate in $(PYTHONS); do \
			if $$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; \
			then found=$$candidate; break; fi; done; \
		[ -n "$$found" ] || { echo "Python 3.11 to 3.14 with venv is needed. On Debian: apt-get install python3 python3-venv"; exit 2; }; \
		echo "Setting up $(VENV) …"; rm -rf $(VENV); $$found -m venv $(VENV); \
	fi; \
	{ $(PY) -m pip install -q --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null \
		&& $(VENV)/bin/uv pip install -q --python $(PY) --require-hashes -r $(1); } \
		|| $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $(1); \
	rm -f $(VENV)/.runtime-* $(2); touch $@
endef

$(STAMP): requirements.txt
	$(call install,requirements.txt,)

$(DEV_STAMP): requirements.txt requirements-dev.txt
	$(call install,requirements-dev.txt,$(VENV)/.development-*)
	@touch $(STAMP)

# A secret of this installation's own; anything else is set by the environment (docs/operators.md).
.env: | $(STAMP)
	@umask 077; echo "SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(48))')" > $@
