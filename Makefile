# `make quick` and `make test` need only Python >= 3.11, make and access to the package registry.

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

help:  ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 22
	@echo "CORES=2 sets the number of cores, PYTHON=python3.12 another Python. See README.md."

quick: $(if $(filter gpu,$(DEVICE)),gpu) $(INSTALLED)  ## run the whole workflow on the bundled MNIST; DEVICE=gpu: on a GPU
	$(IN)/snakemake --cores $(CORES) --configfile config/quick.yaml $(ON_GPU)
	@cat results/$(QUICK)/tables/table1.md

test: lint  ## run all linters and tests
	OMP_NUM_THREADS=1 $(IN)/pytest $(SHARED)

test-fast: $(INSTALLED)  ## run the tests without trainings
	OMP_NUM_THREADS=1 $(IN)/pytest $(SHARED) $(FAST)

plans: $(INSTALLED)  ## dry-run the workflow for every configuration
	for file in config/*.yaml; do \
		echo "$$file"; \
		$(IN)/snakemake --dry-run --quiet all --cores 1 --configfile $$file || exit 1; \
	done

docs: $(INSTALLED)  ## build the documents as a site, in site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "site/index.html; with the search: $(BIN)/python -m http.server --directory site"

tutorial:  ## run all of docs/tutorial.md in an empty folder; VENV=.venv: without installing
	$(PYTHON) tests/tutorial.py $(VENV:%=--venv %)

rulegraph: $(INSTALLED)  ## draw the picture of the workflow (needs graphviz)
	$(IN)/snakemake --rulegraph --configfile tests/workflow/tiny.yaml 2>/dev/null \
		| sed -e 's/, color = .*]/]/' -e '/^ *\(graph\|node\|edge\)\[/d' \
			-e 's/\(train_[a-z]*\)_[0-9_]*/\1/' | tred \
		| dot -Tsvg -Grankdir=LR -Gbgcolor=transparent -Granksep=0.35 -Nshape=box \
			-Nstyle=rounded,filled -Nfillcolor='#dbe7f5' -Ncolor='#4a7ab5' -Nfontcolor='#102a43' \
			-Nfontname=Helvetica -Nfontsize=13 -Ecolor='#7d8590' -Epenwidth=1.4 -Earrowsize=0.7 \
		> .venv/rulegraph.svg
	mv .venv/rulegraph.svg docs/rulegraph.svg

test-envs: $(INSTALLED)  ## run the tiny workflow with each rule in its own environment
	$(IN)/pytest -m envs tests/workflow/test_envs.py

test-kills: $(INSTALLED)  ## kill a workflow 20 times, and compare its files with those of an undisturbed one
	$(IN)/pytest -m kills tests/workflow/test_kills.py

test-slurm: $(INSTALLED)  ## test cancelled and timed-out jobs on a Slurm of one node (slurm-wlm, munge; root)
	$(IN)/pytest -m slurm -rs tests/workflow/test_slurm.py

check-page:  ## check PAGE in a browser (chromium, node and npm); screenshots in OUT
	mkdir -p .venv/page && cp tests/page/package.json .venv/page
	npm install --prefix .venv/page --no-audit --no-fund --silent
	NODE_FOLDER=.venv/page node tests/page/check.mjs $(PAGE) $(OUT)

test-cuda-compile: $(CUDA)/installed  ## compile GA-NTK's loop for an H100, without a GPU (0.7 GB)
	$(IN)/pytest -m cuda -rs tests/gantk/test_cuda.py
	$(IN)/python -m benchmarks launches

$(CUDA)/installed: $(INSTALLED) requirements-gpu.lock  # CUDA's other libraries came with PyTorch
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --upgrade --target $(CUDA) \
		-r requirements-gpu.lock
	touch $@

gpu: $(GPU)  ## install CUDA builds of JAX and PyTorch in .venv, for `device: gpu`; checks the driver
	@$(IN)/python -m suite gpus

$(GPU): $(INSTALLED) requirements-gpu.lock
	@$(IN)/python -m suite gpus
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements-gpu.lock
	touch $@

gpu-check: $(GPU)  ## print a table about this GPU, to paste into an issue; MINUTES=12: in 12 minutes
	$(IN)/python -m benchmarks gpu $(MINUTES:%=--minutes %)

lint: $(INSTALLED)  ## run the linters and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint --configfile config/config.yaml
	$(BIN)/mypy

schema: $(INSTALLED)  ## write config/schema.json from the models
	$(BIN)/python -m suite.planning.schema > .venv/schema.json
	mv .venv/schema.json config/schema.json

numbers: $(INSTALLED)  ## write numbers, tables and verdicts of README.md and results/reference from their data
	$(BIN)/python -m docs.verdicts
	$(BIN)/python -m docs.numbers

bad-inputs: $(INSTALLED)  ## write results/reference/bad-inputs.md and device-faults.md from the tests' cases
	PYTHONPATH=. $(BIN)/python tests/suite/bad_inputs_page.py > .venv/page.md
	mv .venv/page.md results/reference/bad-inputs.md
	PYTHONPATH=. $(BIN)/python tests/suite/device_faults.py > .venv/page.md
	mv .venv/page.md results/reference/device-faults.md

# With a name alone uv would silently keep the old version, so a newer one is required.
newer = $(or $(shell sed -n 's/^$(1)==\([^ ;]*\).*/$(1)>\1/p' requirements.lock | tail -n 1),$\
	$(error requirements.lock has no package $(1)))

lock: $(INSTALLED)  ## write requirements.lock from requirements.in; UPGRADE=name: a newer version, or why not
	$(BIN)/uv pip compile $(foreach name,$(UPGRADE),--upgrade-package '$(call newer,$(name))') \
		requirements.in --universal --python-version 3.11 --no-annotate --no-emit-index-url \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock
	sed -n 's/^jax==\([^ ;]*\).*/jax-cuda13-plugin==\1\njax-cuda13-pjrt==\1/p' requirements.lock > .venv/plugin.txt
	$(BIN)/uv pip compile requirements-gpu.in --constraint .venv/plugin.txt --no-deps --universal \
		--python-version 3.11 --no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet \
		--output-file requirements-gpu.lock

envs: $(INSTALLED)  ## write envs/*.yaml from envs/rooms.toml and requirements.lock
	$(BIN)/python -m suite.planning.environments

$(INSTALLED): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed: set PYTHON")'
	@echo "installing $$(grep -c == requirements.lock) pinned packages into .venv: 3 GB to download, 7 GB on disk (Linux),"
	@echo "3 to 7 minutes. 4 of the 7 GB are CUDA libraries, which PyTorch's build on PyPI includes, even without a GPU"
	$(PYTHON) -m venv .venv
	@rm -f .venv/failed; { PYTHONUNBUFFERED=1 $(BIN)/python -m pip install --disable-pip-version-check \
		--no-deps -r requirements.lock || touch .venv/failed; } \
		| sed -u -n -e 's/^ *Downloading \([^ ]*\).*(\([0-9.]* [MG]B\)).*/  \2 \1/p' \
			-e 's/^Installing .*/  unpacking: the last minutes/p'
	@test ! -e .venv/failed
	touch $@

clean:  ## delete the environment and the files of runs
	rm -rf .venv .snakemake site results/quick results/tiny .pytest_cache .ruff_cache .mypy_cache
