# Two commands do everything: `make demo` shows the main job, `make test` checks the project.
# Both set up what they need first: a virtual environment, its packages, and Debian's packages where allowed.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup system demo test test-train lint bench-main bench-recording bench-finder bench-saying bench-hearing bench-action clean

help:
	@echo "make demo             record, learn, speak and replay on a private desktop (ARGS=--json, ARGS=--own-display)"
	@echo "make test             all tests, linters and type checks"
	@echo "make test-train       also the tests of all that is trained: installs torch and what else the training takes"
	@echo "make setup            only set up; then: $(BIN)/encore"
	@echo
	@echo "Measurements; ARGS=--help tells what each can be told:"
	@echo "make bench-main       the main job 20 times: 20 songs, 4 voices; writes the README's figures"
	@echo "make bench-hearing    commands, slots, silence: what is heard, missed and fired by mistake"
	@echo "make bench-finder     how often the finder clicks right, wrong, and where nothing is; with its peers"
	@echo "make bench-action     the action model: its fusions, towers and sizes, what demonstrations bring; with torch"
	@echo "make bench-saying     controls called by their names: clicked, asked about, and clicked wrongly"
	@echo "make bench-recording  picture against sound, processor share, what a crash costs"
	@echo
	@echo "make lint             linters and type checks only"
	@echo "make system           only Debian's packages"
	@echo "make clean            remove the virtual environment and what builds left"

setup: $(VENV)/.ready

# Debian's packages: installed where this user may, else the exact line to run is printed. $(1): a command that names them.
define install_debian
@command -v dpkg-query >/dev/null || exit 0; \
needed="$$($(1))" || exit 1; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || needed="$$needed python3-venv"; \
missing=""; for package in $$needed; do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
test -z "$$missing" && exit 0; \
install="apt-get install -y --no-install-recommends$$missing"; \
if [ "$$(id -u)" = 0 ]; then apt-get update -q && DEBIAN_FRONTEND=noninteractive $$install; \
elif sudo -n true 2>/dev/null; then sudo apt-get update -q && sudo DEBIAN_FRONTEND=noninteractive $$install; \
else echo "These Debian packages are missing. Run this, then make again:"; echo "  sudo $$install"; exit 1; fi
endef

system:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	$(call install_debian,$(PYTHON) -m demos.stage --packages)

# python-xlib again at the end: pyautogui's python3-xlib writes the same folder, and only python-xlib works everywhere.
$(VENV)/.ready: pyproject.toml | system
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps 'python-xlib>=0.33'
	touch $@

demo: system $(VENV)/.ready
	@$(BIN)/python -m demos.quickstart $(ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: system $(VENV)/.ready lint
	$(BIN)/pytest $(ARGS)

# Without torch `make test` leaves these out. On a machine without a GPU, torch's build for processors is enough.
test-train: system $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train]'
	$(BIN)/pytest tests/training tests/unit/test_action_samples.py $(ARGS)

bench-main: system $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.bench_main $(ARGS)

# Picture against sound, processor share, what a crash costs.
bench-recording: system $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.recording $(ARGS)

# The finder on drawn screens and on real programs, which are installed, and other finders on the same; two hours.
bench-finder: system $(VENV)/.ready
	$(call install_debian,$(BIN)/python -m tests.benchmarks.finder.capture_programs --packages)
	$(BIN)/python -m tests.benchmarks.bench_finder $(ARGS)

# Commands, slots and hours of sound without any command (downloaded from Debian, used in place); hours at first.
bench-hearing: system $(VENV)/.ready
	$(call install_debian,$(BIN)/python -m tests.benchmarks.bench_hearing --packages)
	$(BIN)/python -m tests.benchmarks.bench_hearing $(ARGS)

# The action model against its other fusions and towers, trained here; an hour of one core, and at first one for samples.
bench-action: system $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train]'
	$(call install_debian,$(BIN)/python -m tests.benchmarks.bench_action --packages)
	$(BIN)/python -m tests.benchmarks.bench_action $(ARGS)

# "Click shuffle" without a demonstration: clicked, asked, and what was clicked wrongly.
bench-saying: system $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.bench_saying $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
