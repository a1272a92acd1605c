# Everything runs in the virtual environment VENV, made on first use; stamps keep repeats quick.
#   make demo VENV=/tmp/venv PYTHON=python3.12     another place, another interpreter
#   make test PIP_FLAGS="--index-url URL"          more arguments for pip

PYTHON ?= python3
VENV ?= .venv
PIP_FLAGS ?=
ENCODERS ?= $(HOME)/.cache/peacestance/encoders
ARTICLE ?= examples/salt-marsh-talks.txt

BIN := $(VENV)/bin
LOCK := requirements-test.lock
TORCH := $(shell sed -n 's/^torch==//p' $(LOCK))
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TRAIN := $(BIN)/peacestance train --data datasets/peacetalks --encoder $(ENCODERS)/all-mpnet-base-v2
INSTALL := $(PIP) install --quiet --progress-bar off $(PIP_FLAGS)

.DEFAULT_GOAL := help
.PHONY: help demo test lint train bench reports docs lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
	  printf '  make %-7s %s\n' "$$name" "$$what"; done

demo: $(VENV)/.core  ## Label an example article with the shipped model (core install, no torch)
	$(BIN)/peacestance label $(ARTICLE) --format table

test: lint  ## Locked versions, then lint, types and tests
	$(BIN)/pytest -q

lint: $(VENV)/.locked  ## ruff check, ruff format --check, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# glibc gives large blocks back to the system at once and asks for them again in the next step; kept,
# a step on the CPU takes a fifth less time.
train: export MALLOC_MMAP_MAX_ = 0
train: export MALLOC_TRIM_THRESHOLD_ = 10000000000
train: $(VENV)/.locked $(ENCODERS)/all-mpnet-base-v2/model.safetensors  ## Train the released models into runs/ (hours)
	$(TRAIN) peacestance-base --out runs/peacestance-base-1 --set model.start=none \
	  --set train.articles=all --set train.schedule=constant_with_warmup
	$(TRAIN) peacestance-base --out runs/peacestance-base
	$(TRAIN) peacestance-small --out runs/peacestance-small

bench: $(VENV)/.locked  ## Measure speed: one pass against sentence by sentence
	$(BIN)/python eval/bench.py

# NEWS and POLNEAR are not in the repository; what needs them is left as it is without them.
MODELS ?= $(notdir $(wildcard models/*))
NEWS ?=
POLNEAR ?=
reports: $(VENV)/.locked  ## Measure the released models anew: reports, cards, documents
	set -e; for model in $(MODELS); do \
	  $(BIN)/python eval/splits.py --model $$model; \
	  $(BIN)/python eval/behaviour.py --model $$model; \
	  if [ -n "$(NEWS)" ]; then \
	    $(BIN)/python eval/real_news.py $(NEWS) --model $$model; \
	    $(BIN)/python eval/name_swap.py --news $(NEWS) --model $$model; fi; \
	  if [ -n "$(POLNEAR)" ]; then $(BIN)/python eval/polnear.py $(POLNEAR) --model $$model; fi; \
	done
	$(BIN)/python eval/bench.py
	$(BIN)/python eval/summary.py --card
	$(BIN)/python docs/generate.py

docs: $(VENV)/.locked  ## Write the generated parts of README.md and docs/ anew
	$(BIN)/python docs/generate.py

lock:  ## Write the lock anew from the newest versions (torch stays at its line)
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(MAKE) --no-print-directory VENV=$(VENV)-lock lock-install
	{ sed -n '/^#/p' $(LOCK); $(VENV)-lock/bin/python -m pip freeze --exclude peacestance \
	  | sed 's/+cpu$$//'; } > $(LOCK).new
	mv $(LOCK).new $(LOCK)
	rm -rf $(VENV)-lock

.PHONY: lock-install
lock-install:
	$(INSTALL) torch==$(TORCH)
	$(INSTALL) '.[all,dev]'

clean:  ## Remove the environment, caches and build output (not runs/)
	test ! -f $(VENV)/pyvenv.cfg || rm -rf $(VENV)
	rm -rf $(VENV)-lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests eval -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	  "peacestance needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo \
	  "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

# Editable, so that a change of the code needs no new install.
$(VENV)/.core: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

# torch goes first and pinned: left to the resolver it may come in a build of several gigabytes.
$(VENV)/.locked: $(LOCK) pyproject.toml | $(BIN)/python
	$(INSTALL) torch==$(TORCH)
	$(INSTALL) --requirement $(LOCK)
	$(INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.core

$(ENCODERS)/all-mpnet-base-v2/model.safetensors: | $(BIN)/python
	PATH="$(abspath $(BIN)):$$PATH" training/get_encoders.sh --all $(ENCODERS)
