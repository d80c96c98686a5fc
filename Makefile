# `make run` and `make demo` need Python >= 3.11 and make, nothing else. Everything they install is in .venv.

PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input install

# What was compiled once is not compiled again with every start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: run demo test check format bench faults mutants schema attack screenshots messages clean

# `exec`: the shell makes room for the program itself, so a signal for the one is a signal for the other.
run: .venv/.runtime
	@exec $(BIN)/python manage.py quickstart

demo: .venv/.development
	@DATABASE_URL= REDIS_URL= DATA_DIR="$${DATA_DIR:-.data/demo}" exec $(BIN)/python manage.py demo

# What a commit needs; TESTS=all make test runs every test, and so does CI. A file that ARGS names is
# run as a whole.
test: .venv/.development
	@exec $(BIN)/pytest $(ARGS)

# Whole installations, killed and starved: one fault of each kind, two installations at a time, in
# five minutes. With TESTS=all every fault, one after the other, with FAULTS=full at full length, and
# of the files that ARGS names all.
faults: .venv/.development
	@exec $(BIN)/pytest -n $(if $(findstring .py,$(ARGS))$(TESTS)$(FAULTS),0,2) \
		$(if $(findstring .py,$(ARGS)),,tests/faults) $(ARGS)

# Careless changes of the product, one at a time, and whether the nearest tests notice them.
mutants: .venv/.mutants
	@exec $(BIN)/python -m tests.mutants $(ARGS)

# A thousand cases of each REST call against its schema, on a running installation.
schema: .venv/.development
	@SCHEMA_CASES=$${SCHEMA_CASES:-1000} exec $(BIN)/pytest tests/test_schema_cases.py -n 0 $(ARGS)

# Attacks an installation of its own, or one of this machine: make attack ARGS="--url http://127.0.0.1:8000 …"
attack: .venv/.development
	@exec $(BIN)/python -m tests.attacks $(ARGS)

bench: .venv/.development
	@exec $(BIN)/python -m benchmarks $(ARGS)

# Pictures of every page and state into screenshots/, and the README's three into docs/.
screenshots: .venv/.development
	@exec $(BIN)/python -m tests.browser.screenshots $(ARGS)

# What `check --deploy` looks at is a production-like configuration, not this machine's.
DEPLOYED := SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH DEBUG=0 \
	ALLOWED_HOSTS=example.org CSRF_TRUSTED_ORIGINS=https://example.org

TEMPLATES := $(shell find templates -name '*.html')

check: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check $(TEMPLATES)
	$(BIN)/biome ci
	$(BIN)/python -m tests.house
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check_translations
	$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/.development
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djade $(TEMPLATES)
	$(BIN)/biome check --write

# Collects the texts to translate into locale/de, and compiles the German ones. Needs gettext.
messages: .venv/.development
	$(BIN)/python manage.py makemessages --locale de --no-obsolete --no-location --ignore .venv --ignore tests
	$(BIN)/python manage.py compilemessages --locale de --ignore .venv

clean:
	rm -rf .venv .mypy_cache .ruff_cache .data/tests staticfiles

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Sammelwerk needs Python 3.11 or newer; none was found."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into .venv (once, about a minute)."
	@$(PYTHON) -m venv .venv

# Each stamp is renewed when the requirements change.
.venv/.runtime: requirements.txt | .venv/bin/python
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt requirements.txt | .venv/bin/python
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.runtime

.venv/.mutants: requirements-mutants.txt .venv/.development
	@$(PIP) -r requirements-mutants.txt
	@touch $@
