# Everything a person starts by hand. `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# A set-up as in public, for the checks; no real site uses any of it.
PRODUCTION := DEBUG=0 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	SITE_URL=https://careersite.example ALLOWED_HOSTS=careersite.example TRUSTED_PROXIES=1 \
	DATABASE_URL=postgres://careersite@127.0.0.1/careersite REDIS_URL=redis://127.0.0.1:6379/0 \
	EMAIL_URL=smtp+tls://user:password@mail.careersite.example:587 \
	DEFAULT_FROM_EMAIL=news@careersite.example

.PHONY: help run test chaos lint ci bench lock run-tools dev-tools
.DEFAULT_GOAL := help

help:
	@echo 'make run    start the site at http://127.0.0.1:8000 (another port: PORT=8001 make run)'
	@echo 'make test   run every test (a choice: make test ARGS="-k unsubscribe")'
	@echo 'make chaos  kill, cut off and fill up in the middle of campaigns, for half an hour or more'
	@echo 'make lint   check the style of the code; make lint FIX=1 mends what can be mended'
	@echo 'make ci     all that must hold before a change is taken: style, checks, every test'
	@echo 'make bench  measure speed and memory'
	@echo 'make lock   bring requirements*.txt up to date with requirements*.in'

run: run-tools
	@exec $(BIN)/python -m careersite.run

test: dev-tools
	@$(BIN)/python -m careersite.tests $(ARGS)

chaos: dev-tools
	@$(BIN)/python -m careersite.tests.chaos $(ARGS)

lint: dev-tools
	@$(BIN)/ruff check $(if $(FIX),--fix) .
	@$(BIN)/ruff format $(if $(FIX),,--check) .

ci: lint
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir $$folder/data $$folder/tmp; \
	export DATA_DIR=$$folder/data TMPDIR=$$folder/tmp CAREERSITE_IGNORE_ENV_FILE=1; \
	$(BIN)/python manage.py makemigrations --check --dry-run; \
	export $(PRODUCTION); \
	$(BIN)/python manage.py check --deploy --fail-level WARNING; \
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@$(MAKE) --no-print-directory test

bench: dev-tools
	@$(BIN)/python -m bench $(ARGS)

lock: dev-tools
	@for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
			$(if $(UPGRADE),--upgrade) $$name.in --output-file $$name.txt || exit 1; \
	done

run-tools:
	@$(call install,requirements.txt)

dev-tools:
	@$(call install,requirements-dev.txt)
	@$(call note_installed,requirements.txt)

# install FILE: does nothing if $(VENV) holds what FILE says. The copy of FILE that remembers it
# is written last, and an installation that was interrupted is begun anew. Two at a time, as
# with two sites started side by side, take turns.
define install
cmp -s $(1) $(VENV)/installed-$(1) || { \
	exec 9<Makefile; if command -v flock >/dev/null; then flock 9; fi; \
	cmp -s $(1) $(VENV)/installed-$(1); } || { \
	$(call make_venv) && \
	echo "Installing $(1) into $(VENV) (a minute or so the first time) …" && \
	rm -f $(VENV)/installed-* && touch $(VENV)/unfinished && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	rm $(VENV)/unfinished && $(call note_installed,$(1)); }
endef

define note_installed
{ cmp -s $(1) $(VENV)/installed-$(1) || cp $(1) $(VENV)/installed-$(1); }
endef

define make_venv
{ [ ! -e $(VENV)/unfinished ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	if ! command -v $(PYTHON) >/dev/null; then \
		echo "$(PYTHON) is missing. On Debian: apt install python3 python3-venv"; exit 1; \
	elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "careersite needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Name another: make run PYTHON=python3.12"; exit 1; \
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$(PYTHON) cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; \
	fi; \
	$(PYTHON) -m venv --clear $(VENV); }; }
endef
