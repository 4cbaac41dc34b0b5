# One set of commands for people and CI. Each installs what it needs first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install install-checked hashes demo test check fix audit bench bench-compare

install: .venv/installed

# The stamp is written last, so a broken installation is done again.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "policyqa-bench needs Python 3.11 or newer; name one: make install PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# The same from files whose hashes are pinned as well. Of torch each machine has a build of its own, which is
# held to its version alone; this project's own folder has no hash, nor has setuptools, which installs it.
install-checked:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement hashes.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch .venv/installed

# Asks the package index, in an environment of its own, for the hashes of what constraints.txt pins.
hashes:
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check uv && \
	"$$folder/bin/uv" pip compile --quiet --no-deps --generate-hashes --no-annotate --no-header \
	  --no-emit-package torch --output-file hashes.txt constraints.txt

demo: install
	$(BIN)/policyqa run quick

# A process a core, each of one thread: threads of several processes would wait for one another. The C library keeps
# the memory that is let go of: giving it back and taking it again is a tenth of an embedder's time.
test: install
	OMP_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=1073741824 \
	  $(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist loadscope

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# In an environment of its own, thrown away after; what nobody knows anything of is a failure too.
audit:
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check pip-audit && \
	"$$folder/bin/pip-audit" --strict --disable-pip --no-deps --requirement constraints.txt

BENCH ?= benchmarks

bench: install
	mkdir -p .benchmarks
	$(BIN)/python -m pytest $(BENCH) --benchmark-only --benchmark-json .benchmarks/now.json

# Beside the ratios that are kept of this machine (docs/results/benchmarks).
bench-compare: bench
	$(BIN)/python -m benchmarks.compare .benchmarks/now.json
