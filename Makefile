# make run     the whole of CareOps in this terminal, with a demo clinic (SQLite, http://127.0.0.1:8000)
# make test    every test on SQLite, then on PostgreSQL those that ask a database; ARGS="tests/bookings -k overlap" narrows it
# make test-dates   the tests on SQLite with a moved clock: month ends, leap days, clock changes (needs faketime)
# make check   style, types, floors, migrations, the API document, production settings
# make fmt     format the code                make schema   write docs/openapi.yaml anew
# make migrations ARGS="bookings --name seats"   write a migration, in line with the last one
# make pictures   draw the pictures of the docs anew    make vendor   copy the board's calendar by package-lock.json
# make prove-pms   1,001 storms of faults between CareOps and a practice's own system (about two hours)
# make hashes  write the hashes of every pinned package, after a pin was changed
# make bench   speed beside a peer            make clean    remove what tools left behind; data and .venv stay
#
# PORT=8080 make run             another port
# DATABASE_URL=postgres://…      another database

.DEFAULT_GOAL := help
.PHONY: help run install test test-sqlite test-postgres test-dates check fmt schema migrations pictures vendor hashes prove-pms bench clean

PY := .venv/bin/python
PYTEST = $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

run:
	@python=$$(scripts/find-python) && "$$python" scripts/check_port.py && scripts/install requirements.txt && exec $(PY) scripts/start.py

install:
	@scripts/install requirements-dev.txt

test: install
	@status=0; \
	TEST_ENGINE=sqlite $(PYTEST) || status=1; \
	TEST_ENGINE=postgres $(PYTEST) || status=1; \
	exit $$status

test-sqlite: install
	@TEST_ENGINE=sqlite $(PYTEST)

test-postgres: install
	@TEST_ENGINE=postgres $(PYTEST)

test-dates: install
	@scripts/test-dates

check: install
	@scripts/check

fmt: install
	@$(PY) -m ruff check --quiet --fix-only .
	@$(PY) -m ruff format .

schema: install
	@DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

migrations: install
	@DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations $(ARGS)

pictures: install
	@PICTURES=1 TEST_ENGINE=sqlite $(PY) -m pytest -q tests/browser -k picture

vendor: install
	@$(PY) scripts/vendor.py

hashes:
	@python=$$(scripts/find-python) && "$$python" scripts/write_hashes.py

prove-pms: install
	@PMS_SEEDS=$${PMS_SEEDS:-1001} TEST_ENGINE=$${TEST_ENGINE:-sqlite} $(PY) -m pytest -n 2 -q --show-capture=no tests/integrations/pms/test_storms.py tests/integrations/pms/test_sync_storms.py

bench: install
	@scripts/bench

clean:
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
