# `make help` lists the targets. Every target first sets up the environment, with the first Python
# that is new enough (set PYTHON=… to choose another).
BIN := .venv/bin
export SPARK_CONF_DIR := $(CURDIR)/conf/spark
unexport SPARK_HOME PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast soak lint bench docs lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
	  while IFS="$$(printf '\t')" read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done

setup: ## Create .venv and download the jars (all other targets do this first)
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exec $$python -m tools.setup; \
	done; echo "There is no Python 3.11 or newer on PATH: install python3.11 with its venv module." >&2; exit 2

demo: setup ## Run the whole loop on generated data, from files to scored customers and a report
	@$(BIN)/python -m lakehouse.demo.demo $(ARGS)

test: setup ## Run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: setup ## Run the tests that need no Spark (half a minute)
	@$(BIN)/python -m pytest -n 2 -m "not spark and not slow" tests/unit $(ARGS)

soak: setup ## Stop runs at every failpoint, kill processes, damage logs, fill a disk (long)
	@$(BIN)/python -m tools.object_store
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m soak $(or $(ARGS),tests/promises)

lint: setup ## Check formatting, style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## Compare the pipeline with a hand-written script; writes build/bench.json
	@$(BIN)/python -m benchmarks.run $(ARGS)

docs: setup ## Generate the pages of the tables and the JSON Schemas of the declarations
	@$(BIN)/python -m lakehouse.table_docs.pages $(ARGS)
	@$(BIN)/python -m lakehouse.table_docs.schemas $(ARGS)

lock: setup ## Resolve requirements.in into requirements.lock
	@UV_SYSTEM_CERTS=$${UV_SYSTEM_CERTS:-true} $(BIN)/uv pip compile requirements.in -o requirements.lock --quiet \
	  --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" $(ARGS)

clean: ## Remove the output of runs and tests; .venv stays
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache spark-warehouse metastore_db derby.log
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
