# `make quick` and `make test` need Python >= 3.11, make and the package registry, nothing else.

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
QUICK := $(if $(filter gpu,$(DEVICE)),quick-gpu,quick)
ON_GPU := $(if $(filter gpu,$(DEVICE)),--config name=$(QUICK) device=gpu)
PAGE ?= results/quick/index.html
OUT ?= .venv/page/shots
BIN := .venv/bin
INSTALLED := .venv/installed
GPU := .venv/installed-gpu
CUDA := .venvs/cuda
IN := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)
SHARED := --numprocesses $(CORES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
FAST := tests/test_structure.py tests/test_docs.py tests/test_examples.py tests/suite tests/datasets \
	tests/reporting tests/gantk/test_layers.py tests/metrics/test_similarity.py \
	tests/workflow/test_environments.py

.PHONY: help quick gpu test test-fast test-envs test-slurm test-kills test-cuda-compile gpu-check \
	check-page plans docs tutorial rulegraph lock envs \
	schema numbers bad-inputs lint clean

help:  ## what there is
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 22
	@echo "CORES=2 takes as many cores, PYTHON=python3.12 another Python; README.md says more."

quick: $(if $(filter gpu,$(DEVICE)),gpu) $(INSTALLED)  ## the whole workflow on the bundled MNIST; DEVICE=gpu on a GPU
	$(IN)/snakemake --cores $(CORES) --configfile config/quick.yaml $(ON_GPU)
	@cat results/$(QUICK)/tables/table1.md

test: lint  ## every check; the workflow's own tests run it at a tiny scale
	OMP_NUM_THREADS=1 $(IN)/pytest $(SHARED)

test-fast: $(INSTALLED)  ## the tests that train nothing
	OMP_NUM_THREADS=1 $(IN)/pytest $(SHARED) $(FAST)

plans: $(INSTALLED)  ## what the workflow would do for every configuration
	for file in config/*.yaml; do \
		echo "$$file"; \
		$(IN)/snakemake --dry-run --quiet all --cores 1 --configfile $$file || exit 1; \
	done

docs: $(INSTALLED)  ## the documents as a site, in site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "site/index.html; with the search: $(BIN)/python -m http.server --directory site"

tutorial:  ## follows docs/tutorial.md in an empty folder; VENV=.venv does not install anew
	$(PYTHON) tests/tutorial.py $(VENV:%=--venv %)

rulegraph: $(INSTALLED)  ## the picture of the workflow (needs graphviz)
	$(IN)/snakemake --rulegraph --configfile tests/workflow/tiny.yaml 2>/dev/null \
		| sed -e 's/, color = .*]/]/' -e '/^ *\(graph\|node\|edge\)\[/d' \
			-e 's/\(train_[a-z]*\)_[0-9_]*/\1/' | tred \
		| dot -Tsvg -Grankdir=LR -Gbgcolor=transparent -Granksep=0.35 -Nshape=box \
			-Nstyle=rounded,filled -Nfillcolor='#dbe7f5' -Ncolor='#4a7ab5' -Nfontcolor='#102a43' \
			-Nfontname=Helvetica -Nfontsize=13 -Ecolor='#7d8590' -Epenwidth=1.4 -Earrowsize=0.7 \
		> .venv/rulegraph.svg
	mv .venv/rulegraph.svg docs/rulegraph.svg

test-envs: $(INSTALLED)  ## the tiny workflow with each rule in its own environment
	$(IN)/pytest -m envs tests/workflow/test_envs.py

test-kills: $(INSTALLED)  ## a workflow that is killed 20 times ends with the same bytes
	$(IN)/pytest -m kills tests/workflow/test_kills.py

test-slurm: $(INSTALLED)  ## jobs cancelled and timed out on a Slurm of one node (slurm-wlm, munge; root)
	$(IN)/pytest -m slurm -rs tests/workflow/test_slurm.py

check-page:  ## PAGE as readers see it, in a browser (chromium, node and npm); screenshots in OUT
	mkdir -p .venv/page && cp tests/page/package.json .venv/page
	npm install --prefix .venv/page --no-audit --no-fund --silent
	NODE_FOLDER=.venv/page node tests/page/check.mjs $(PAGE) $(OUT)

test-cuda-compile: $(CUDA)/installed  ## GA-NTK's loop compiled for an H100, without one (0.7 GB)
	$(IN)/pytest -m cuda -rs tests/gantk/test_cuda.py
	$(IN)/python -m benchmarks launches

$(CUDA)/installed: $(INSTALLED) requirements-gpu.lock  # CUDA's other libraries came with PyTorch
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --upgrade --target $(CUDA) \
		-r requirements-gpu.lock
	touch $@

gpu: $(GPU)  ## CUDA builds of JAX and PyTorch in .venv, for `device: gpu`; says what driver they need
	@$(IN)/python -m suite gpus

$(GPU): $(INSTALLED) requirements-gpu.lock
	@$(IN)/python -m suite gpus
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements-gpu.lock
	touch $@

gpu-check: $(GPU)  ## a table of what a GPU does, to paste into an issue; MINUTES=12 makes the best of so few
	$(IN)/python -m benchmarks gpu $(MINUTES:%=--minutes %)

lint: $(INSTALLED)  ## the linters and the type checker alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint --configfile config/config.yaml
	$(BIN)/mypy

schema: $(INSTALLED)  ## config/schema.json from the models
	$(BIN)/python -m suite.planning.schema > .venv/schema.json
	mv .venv/schema.json config/schema.json

numbers: $(INSTALLED)  ## numbers, tables and verdicts of README.md and results/reference, from the data beside them
	$(BIN)/python -m docs.verdicts
	$(BIN)/python -m docs.numbers

bad-inputs: $(INSTALLED)  ## results/reference/bad-inputs.md and device-faults.md from the tests' cases
	PYTHONPATH=. $(BIN)/python tests/suite/bad_inputs_page.py > .venv/page.md
	mv .venv/page.md results/reference/bad-inputs.md
	PYTHONPATH=. $(BIN)/python tests/suite/device_faults.py > .venv/page.md
	mv .venv/page.md results/reference/device-faults.md

# A name alone would let uv keep the old version without a word: a newer one is required.
newer = $(or $(shell sed -n 's/^$(1)==\([^ ;]*\).*/$(1)>\1/p' requirements.lock | tail -n 1),$\
	$(error requirements.lock has no package $(1)))

lock: $(INSTALLED)  ## requirements.lock from requirements.in; UPGRADE=name: a newer version, or what holds it
	$(BIN)/uv pip compile $(foreach name,$(UPGRADE),--upgrade-package '$(call newer,$(name))') \
		requirements.in --universal --python-version 3.11 --no-annotate --no-emit-index-url \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock
	sed -n 's/^jax==\([^ ;]*\).*/jax-cuda13-plugin==\1\njax-cuda13-pjrt==\1/p' requirements.lock > .venv/plugin.txt
	$(BIN)/uv pip compile requirements-gpu.in --constraint .venv/plugin.txt --no-deps --universal \
		--python-version 3.11 --no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet \
		--output-file requirements-gpu.lock

envs: $(INSTALLED)  ## envs/*.yaml from envs/rooms.toml and requirements.lock
	$(BIN)/python -m suite.planning.environments

$(INSTALLED): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed: set PYTHON")'
	@echo "installing $$(grep -c == requirements.lock) pinned packages into .venv: 3 GB to fetch and 7 GB on disk (Linux),"
	@echo "3 to 7 minutes; CUDA's libraries, 4 of the 7 GB, belong to PyTorch's build on PyPI, also without a GPU"
	$(PYTHON) -m venv .venv
	@rm -f .venv/failed; { PYTHONUNBUFFERED=1 $(BIN)/python -m pip install --disable-pip-version-check \
		--no-deps -r requirements.lock || touch .venv/failed; } \
		| sed -u -n -e 's/^ *Downloading \([^ ]*\).*(\([0-9.]* [MG]B\)).*/  \2 \1/p' \
			-e 's/^Installing .*/  unpacking them: the last minutes/p'
	@test ! -e .venv/failed
	touch $@

clean:  ## the environment and everything that runs made
	rm -rf .venv .snakemake site results/quick results/tiny .pytest_cache .ruff_cache .mypy_cache
