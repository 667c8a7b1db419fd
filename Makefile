# One word for each thing a person does here. The work is in bootstrap.py, which makes .venv first where it is missing.

PYTHON ?= python3
BOOTSTRAP = "$(PYTHON)" bootstrap.py
LOCK = -m uv --directory requirements pip compile --quiet --upgrade --generate-hashes --no-header --universal --python-version 3.11

.PHONY: run setup test check check-node bench format lock clean

run:  ## serve the platform: make run [PORT=8000] [DEMO=0]
	@$(BOOTSTRAP) run $(if $(PORT),--port "$(PORT)")

setup:  ## dependencies, database and migrations
	@$(BOOTSTRAP) setup

test:  ## the tests, in random order: make test [ARGS="-k words"]
	@$(BOOTSTRAP) dev -m pytest -n 2 $(ARGS)

check:  ## lint, format, types, imports, migrations, tests
	@$(BOOTSTRAP) check

check-node:  ## Prisma's own validator over every rendered schema; brings its own Node
	@$(BOOTSTRAP) dev tests/node/check.py

bench:  ## measurements, as ratios within one run
	@$(BOOTSTRAP) dev -m benchmarks

format:  ## write the code in its one format
	@$(BOOTSTRAP) dev -m ruff check --quiet --fix-only .
	@$(BOOTSTRAP) dev -m ruff format .

lock:  ## resolve requirements/*.in anew
	@$(BOOTSTRAP) dev $(LOCK) --output-file run.txt run.in
	@$(BOOTSTRAP) dev $(LOCK) --output-file dev.txt dev.in
	@$(BOOTSTRAP) dev $(LOCK) --output-file node.txt node.in

clean:  ## remove what tools cache; .venv and var/ (the database) stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var/static
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
