# Targets for people who use Dialplane and for people who build it: `make help` lists them.

VENV := .venv
BIN := $(VENV)/bin
PBX ?= fake
JOBS ?= 5
PYTEST_ARGS ?=
SEED ?= 1
WITH ?=
STORM_ARGS ?=

# Where it is set, every one of the programs that the tests start compiles all of ours again.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help venv dev check style types compiled tests format test test-fast test-long test-freeswitch storm storm-long demo bench clean distclean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.made  ## everything that the command line needs, in .venv

dev: $(VENV)/.made-dev  ## the same, and what developing needs: pytest, ruff, mypy, import-linter

check: style types  ## lint, format, types and import contracts

style: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: dev
	$(WITH) $(BIN)/mypy

format: dev  ## put every file into the common form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Types take a minute of one core: what the tests leave idle, while most of them wait.
test: style  ## check, and every test on real parts, which it fetches by itself
	@$(MAKE) --no-print-directory -j 2 types tests WITH='nice -n 19'

tests: compiled
	MAKEFLAGS= $(BIN)/pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

# Where nothing is compiled yet, each of the test processes would compile all of it at the same time.
# What cannot be collected is told by the tests' own run.
compiled: dev
	@$(BIN)/pytest --collect-only -qq > /dev/null || :

test-fast: dev  ## the tests that need neither Asterisk, eSpeak NG, MariaDB, PostgreSQL nor Tryton and take no time
	$(BIN)/pytest -m "not asterisk and not espeak and not mariadb and not postgres and not tryton and not slow and not long" $(PYTEST_ARGS)

test-long: dev  ## what takes long: many more examples of the model, random days and hostile values; flows that wait
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m long $(PYTEST_ARGS)

test-freeswitch: dev  ## the contract on a real FreeSWITCH, which DIALPLANE_TEST_FREESWITCH names
	@test -n "$$DIALPLANE_TEST_FREESWITCH" || { \
	  echo 'let DIALPLANE_TEST_FREESWITCH be esl://:PASSWORD@HOST:PORT: see docs/testing.md'; exit 2; }
	$(BIN)/pytest -m freeswitch $(PYTEST_ARGS)

storm: dev  ## let faults loose on real parts for ten minutes, print what came of it; SEED=1
	$(BIN)/python -m storms --seed $(SEED) $(STORM_ARGS)

storm-long: dev  ## the same for hours: as many faults as the goals name
	$(BIN)/python -m storms --long --seed $(SEED) $(STORM_ARGS)

demo: venv  ## a campaign that dials and reports; PBX=asterisk takes a real Asterisk for it
	$(BIN)/dialplane demo --pbx $(PBX)

bench: venv  ## measure this machine: events, originates, results and simulated hours per second
	$(BIN)/dialplane bench

clean:  ## remove what tools and tests leave behind
	rm -rf dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## remove .venv and the fetched servers too
	rm -rf $(VENV) .asterisk .espeak .mariadb .postgres .tryton

$(VENV)/.made: pyproject.toml scripts/venv.sh
	scripts/venv.sh $(VENV)
	$(BIN)/pip install --quiet --editable '.[embedded,postgres,mysql,speech]'
	@touch $@

$(VENV)/.made-dev: $(VENV)/.made scripts/python_esl.sh scripts/swig4.cfg
	$(BIN)/pip install --quiet --no-compile --group dev  # of these, what is used is compiled as it is
	scripts/python_esl.sh $(VENV)
	@touch $@
