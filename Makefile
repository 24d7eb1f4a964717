# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PRESET := mnist_quick
ARGS ?=

.PHONY: run test test-all lint sanitize clean

# Environment, data, a short training, evaluation, cost table, report.
run: $(VENV)/ready
	$(BIN)/lbpnet data fetch mnist || echo "no network: the digits that ship with lbpnet stand in for MNIST"
	$(BIN)/lbpnet cost $(PRESET)
	$(BIN)/lbpnet train $(PRESET) $(ARGS)

# Lint, types, import rules, then every test that is not marked slow.
test: lint
	$(BIN)/pytest -q -n auto -m "not slow"

# The long matrices too.
test-all: lint
	$(BIN)/pytest -q -n auto -m "slow or not slow"

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

$(VENV)/ready: pyproject.toml constraints.txt CMakeLists.txt $(wildcard csrc/*)
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"lbpnet needs Python 3.11 or newer, this is {v[0]}.{v[1]}: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# The kernels' tests once more, and forged plans of the engine, under AddressSanitizer and UBSan.
sanitize: $(VENV)/ready
	scripts/sanitize_kernels.sh $(BIN)/python

clean:
	rm -rf $(VENV) build dist runs
