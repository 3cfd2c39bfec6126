# What people and pipelines type; each target sets up what it needs first.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: conformance test faults lint mock

conformance: $(READY)
	$(BIN)/kandykit run

test: $(READY)
	@if command -v npm >/dev/null; then npm ci --silent --ignore-scripts --no-audit --no-fund --prefix tests/browser \
		|| echo "axe could not be installed; its tests are skipped"; fi
	$(BIN)/python -m pytest tests -n 2 --dist loadfile

# A sample of the catalogues that changes with the day; a survivor or an accused correct server fails it.
faults: $(READY)
	$(BIN)/kandykit faults --sample 60 --until-fail --time-budget 900 --out reports/faults

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mock: $(READY)
	$(BIN)/kandykit mock --port 8080

# The lock holds every version with its hashes; the kit itself is installed from this folder.
$(READY): requirements.lock pyproject.toml
	@echo "setting up .venv, once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@if command -v npm >/dev/null; then npm ci --silent --ignore-scripts --no-audit --no-fund --prefix tools/report \
		|| echo "Allure could not be installed; runs say so and leave everything else"; fi
	@touch $(READY)
