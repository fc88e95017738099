# What a newcomer needs is Python 3.11 or newer, make and git. Everything else is installed into .venv and node_modules.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# As many workers as processors, four at most; the tests of one file stay together.
SIDE_BY_SIDE ?= -n auto --maxprocesses 4 --dist loadfile
NPM := $(shell command -v npm 2>/dev/null || echo $(BIN)/npm)

.PHONY: demo serve test lint check bench install browser

demo: install ## the whole portal on made-up data
	@exec $(BIN)/python manage.py demo

serve: install ## the whole portal on the platform that PLATFORM_BASE_URL names
	@PORTAL_ENV=$${PORTAL_ENV-local} exec $(BIN)/python manage.py serve

test: install browser ## all tests, against real PostgreSQL, Redis and Chromium
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

lint: install ## style, types, templates, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

check: lint browser ## the same tests with their coverage, and the linters
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=
	$(BIN)/python -m coverage report --skip-covered --skip-empty

bench: install browser ## speed, as ratios measured side by side in one run
	$(BIN)/python -m bench

install: .venv/installed node_modules/installed locale/compiled staticfiles/staticfiles.json

.venv/installed: requirements/dev.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The portal needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	touch $@

node_modules/installed: package-lock.json .venv/installed
	$(NPM) ci --silent
	touch $@

locale/compiled: $(wildcard locale/*/LC_MESSAGES/*.po) .venv/installed
	@if [ -n "$(wildcard locale/*/LC_MESSAGES/*.po)" ]; then $(BIN)/pybabel --quiet compile --directory locale --domain django; fi
	touch $@

staticfiles/staticfiles.json: node_modules/installed $(shell find static -type f 2>/dev/null)
	PORTAL_ENV=local $(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0 --ignore '*.map' --ignore 'src'
	touch $@

browser: # Chromium for the browser tests, where the machine lets us install it
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	echo "No Chromium on PATH and none could be installed: the browser tests will fail and say so."
