# Needs make and Python 3.11 or later as python3; everything else is installed into .venv from the lock.
# Every target makes what it needs first, so `make demo` on a fresh clone is enough.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEEDS ?= 2000
STACK ?= imagebus

export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tests start dozens of Python processes, which would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## show this list
	@echo "imagebus: an event-driven image pipeline on AWS, and on your machine"
	@awk -F ':.*## ' '/^# --- / { gsub(/^# --- | -+$$/, ""); print "\n" $$0 } \
	  /^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- environment -------------------------------------------------------------------------------------------

# After an upgrade of the system, the interpreter of .venv may be gone: it is created again.
$(shell [ ! -e $(VENV)/.made ] || $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.made)

$(VENV)/.made: requirements-uv.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "imagebus needs Python 3.11 or later, and there is no '$(PYTHON)' on the PATH." >&2; \
	  echo "Install it, or name one: make setup PYTHON=/path/to/python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "imagebus needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name a newer one: make setup PYTHON=/path/to/python3.13" >&2; exit 1; }
	@if [ -L $(VENV) ]; then \
	  echo "$(VENV) is a symbolic link, and creating it again would empty its target. Remove the link." >&2; exit 1; fi
	@echo "creating the virtual environment in $(VENV) with $$($(PYTHON) -V)"
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-uv.lock; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes --requirement requirements-uv.lock; \
	else \
	  echo "'$(PYTHON)' has neither ensurepip nor pip, so it cannot make a virtual environment." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv   (or: make setup PYTHON=/path/to/another)" >&2; \
	  exit 1; \
	fi
	@touch $@

# An environment that was made without ensurepip has no pip of its own.
PIP = $$($(BIN)/python -m pip --version >/dev/null 2>&1 && echo $(BIN)/python -m pip \
  || echo $(PYTHON) -m pip --python $(BIN)/python)

# The lock is complete. To resolve it again, pip would want hashes of ranges, such as `boto3-stubs[s3]>=1.41`.
$(VENV)/.locked: $(VENV)/.made requirements.lock
	@echo "installing the locked packages"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock \
	  || { echo "uv could not; trying again with pip and its own settings" >&2; \
	       $(PIP) install --quiet --no-deps --require-hashes --requirement requirements.lock; }
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml tools/hatch_build.py services
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable . \
	  || $(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

READY := $(VENV)/.installed

.PHONY: setup
setup: $(READY) ## create .venv and install everything from the lock file
	@echo "ready: $(BIN)/imagebus --help"

.PHONY: lock
lock: $(READY) ## resolve requirements.in into requirements.lock
	@for name in requirements-uv requirements; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	    --no-emit-index-url --no-emit-find-links --output-file $$name.lock $$name.in || exit 1; done

# --- on this computer --------------------------------------------------------------------------------------

.PHONY: demo
demo: $(READY) ## run the whole pipeline on sample images, or on your own (IMAGES=DIR)
	@$(BIN)/imagebus demo $(if $(IMAGES),--images "$(IMAGES)")

.PHONY: up
up: $(READY) ## start the local stack and keep it running (PORT=4566 PARAMETERS="Name=Value …")
	@$(BIN)/imagebus local up $(if $(PORT),--port $(PORT)) $(foreach pair,$(PARAMETERS),--parameter "$(pair)")

.PHONY: down
down: $(READY) ## stop the local stack and delete its images
	@$(BIN)/imagebus local down

.PHONY: clean
clean: ## stop the local stack and remove everything that was built, except .venv
	@if [ -e .imagebus ] && [ -x $(BIN)/imagebus ]; then $(BIN)/imagebus local down; fi
	rm -rf .aws-sam .imagebus .bench demo-output dist htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache

# --- on AWS ------------------------------------------------------------------------------------------------

.PHONY: deploy
deploy: $(READY) ## check the account, build, and deploy (STACK=imagebus PARAMETERS="Name=Value …" CREATE_KEY=1 YES=1)
	@IMAGEBUS_MAKE=1 $(BIN)/imagebus deploy --stack $(STACK) $(if $(YES),--yes) $(if $(RUNTIME),--runtime $(RUNTIME)) \
	  $(if $(CREATE_KEY),--create-key) \
	  $(foreach pair,$(PARAMETERS),--parameter "$(pair)")

.PHONY: smoke
smoke: $(READY) ## process two test images on a stack, then erase them (STACK=imagebus)
	@$(BIN)/imagebus smoke --stack $(STACK)

.PHONY: rollback
rollback: $(READY) ## deploy the previous release, or the one that you name (STACK=imagebus TO=v1.2.3)
	@to="$(TO)"; [ -n "$$to" ] || to=$$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null) || { \
	  echo "There is no release tag before this commit. Name a tag or commit: make rollback TO=v1.2.3" >&2; exit 1; }; \
	echo "rolling back to $$to"; rm -rf .rollback; git worktree prune; git worktree add --force .rollback "$$to" && \
	(cd .rollback && $(CURDIR)/$(BIN)/imagebus deploy --stack $(STACK) $(if $(YES),--yes)); status=$$?; \
	git worktree remove --force .rollback; exit $$status

.PHONY: destroy
destroy: $(READY) ## delete a stack with all its images (STACK=imagebus KEEP_DATA=1 YES=1)
	@IMAGEBUS_MAKE=1 $(BIN)/imagebus destroy --stack $(STACK) $(if $(KEEP_DATA),--keep-data) $(if $(YES),--yes)

# --- checks and tests --------------------------------------------------------------------------------------

# checkov pins half of what we use, so it has an environment of its own
.checks/.made: $(READY) security/checks.lock
	@echo "installing checkov"
	@rm -rf .checks && $(BIN)/uv venv --quiet --python $(BIN)/python .checks
	@$(BIN)/uv pip install --quiet --python .checks/bin/python --require-hashes --requirement security/checks.lock
	@touch $@

# nor does this generator agree with our versions
.python-client/.made: $(READY) tools/clients/python.lock
	@rm -rf .python-client && $(BIN)/uv venv --quiet --python $(BIN)/python .python-client
	@$(BIN)/uv pip install --quiet --python .python-client/bin/python --require-hashes \
	  --requirement tools/clients/python.lock
	@touch $@

.PHONY: check
check: $(READY) .checks/.made ## lint, format, types, template, contracts, generated files, security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@for example in examples/*/; do echo "$(BIN)/mypy $$example"; ( cd $$example && MYPYPATH=src:tests \
	  ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache \
	  --namespace-packages --explicit-package-bases src tests ) || exit 1; done
	@# `make test` would report a test that cannot be imported after half a minute, once for each worker.
	@echo "$(BIN)/pytest --collect-only"; \
	  said=$$($(BIN)/pytest --collect-only -qqq 2>&1) || { echo "$$said"; exit 1; }
	$(BIN)/sam validate --lint --template template.yml --region eu-west-1
	$(BIN)/cfn-lint examples/*/template.yml
	$(BIN)/python -m tools check

.PHONY: format
format: $(READY) ## fix and format everything with ruff
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Two workers have the end-to-end tests, which mostly wait for the embedded AWS; two compute meanwhile. Both
# processors are busy with that, and a fifth worker would only import everything once more.

.PHONY: test
test: $(READY) ## every test: unit, contract, integration, simulation, end to end
	$(BIN)/pytest --numprocesses 4

.PHONY: test-fast
test-fast: $(READY) ## the unit and contract tests
	$(BIN)/pytest --numprocesses 2 tests/unit tests/contract

.PHONY: runtimes
runtimes: $(READY) ## build for each of Lambda's runtimes that is installed, and run every function in it
	IMAGEBUS_RUNTIMES=1 $(BIN)/pytest tests/runtimes

.PHONY: coverage
coverage: $(READY) ## all but the end-to-end tests, with branch coverage
	$(BIN)/pytest --numprocesses 2 --cov --cov-report=term --cov-report=html -m "not e2e"

.PHONY: simulate
simulate: $(READY) ## run the deterministic simulator (SEEDS=N, 2000)
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

.PHONY: mutants
mutants: $(READY) ## mutate the event core; fails if a mutant goes unnoticed (SAMPLE=50 SEED=1 ALLOW=0)
	$(BIN)/python -m tests.simulation.mutants --mistakes --seeds 600
	$(BIN)/python -m tests.simulation.mutants --sample $(or $(SAMPLE),50) --seed $(or $(SEED),1) \
	  --allow $(or $(ALLOW),0)

.PHONY: consumers
consumers: $(READY) ## run imagebus test-consumer on twenty faulty consumers and the examples
	IMAGEBUS_CONSUMERS=1 $(BIN)/pytest tests/e2e/test_consumer_kit.py

.PHONY: recipes
recipes: $(READY) ## test changing the sizes of N images, with ten interruptions (N=200)
	IMAGEBUS_RECIPES=$(or $(N),200) $(BIN)/pytest -rP tests/e2e/test_recipes.py

.PHONY: erase
erase: $(READY) ## test erasing N images while others are uploaded and the archive is replayed (N=50)
	IMAGEBUS_ERASE=$(or $(N),50) $(BIN)/pytest -rP tests/e2e/test_erase.py

.PHONY: import
import: $(READY) ## test importing N objects, with two interruptions (N=500)
	IMAGEBUS_IMPORT=$(or $(N),500) $(BIN)/pytest -rP tests/e2e/test_import.py

# --- measurements ------------------------------------------------------------------------------------------

.PHONY: bench
bench: $(READY) ## measure the image engine
	$(BIN)/python -m benchmarks

.PHONY: latency
latency: $(READY) ## measure upload to completed on the embedded AWS
	@$(BIN)/imagebus latency --write docs/latency.md

.PHONY: load
load: $(READY) ## upload N images at RATE a second; report latency, and lost, stuck and duplicate results (N=500 RATE=20)
	@$(BIN)/imagebus load --count $(or $(N),500) --rate $(or $(RATE),20) --write docs/load.md

.PHONY: soak
soak: $(READY) ## upload for MINUTES; report whether memory or temporary files grow (MINUTES=10 RATE=2)
	@$(BIN)/imagebus load --minutes $(or $(MINUTES),10) --rate $(or $(RATE),2) --write docs/soak.md

# --- clients and documents ---------------------------------------------------------------------------------

.PHONY: generate
generate: $(READY) ## regenerate the generated files (schemas, documents, monitoring, clients)
	$(BIN)/python -m tools generate

.PHONY: catalog
catalog: $(READY) ## build a page that documents the events (dist/catalog/index.html); needs npm
	@$(BIN)/python -m tools catalog

.PHONY: clients
clients: $(READY) .python-client/.made ## compile clients/ in every language that is installed, before and after an additive change
	IMAGEBUS_CLIENTS=1 $(BIN)/pytest -rs tests/integration/clients

.PHONY: python-client
python-client: $(READY) .python-client/.made ## generate a Python client of the API (dist/python-client)
	@mkdir -p dist && PATH="$(CURDIR)/.python-client/bin:$$PATH" openapi-python-client generate \
	  --path docs/openapi.json --meta none --overwrite --output-path dist/python-client/imagebus_client \
	  >dist/python-client.log 2>&1 || { cat dist/python-client.log >&2; exit 1; }
	@echo "dist/python-client/imagebus_client, which needs httpx and attrs"

.PHONY: toolchains
toolchains: ## install the compilers for `make clients`, except Node.js (Debian and Ubuntu)
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); $$sudo apt-get update -qq && \
	$$sudo apt-get install --yes -qq --no-install-recommends default-jdk-headless golang-go libjackson2-databind-java

# --- builds and releases -----------------------------------------------------------------------------------

.PHONY: build
build: $(READY) ## sam build, for AWS (ARCHITECTURE=arm64)
	@$(BIN)/python -m tools build $(ARCHITECTURE)

.PHONY: sbom
sbom: $(READY) ## write a CycloneDX bill of materials of what the functions ship (dist/sbom.cdx.json)
	@mkdir -p dist && $(BIN)/python -m tools sbom > dist/sbom.cdx.json && echo "dist/sbom.cdx.json"

.PHONY: release
release: build sbom ## write a release to dist/: layers, bill of materials, notes (TAG=vX.Y.Z)
	@$(BIN)/python -m tools release "$(TAG)"
