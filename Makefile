# Every command installs what it needs into .venv first; Python 3.12 and make are all a fresh machine needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.12
PORT ?= 4566
DATA ?=
SCHEMA ?=
STACK ?= fraud
BUCKET ?=
PYTEST_ARGS ?=

VENV := .venv/.installed
AWS_VENV := .cache/venvs/aws/.installed
INSTALL := pip install --quiet --quiet --disable-pip-version-check
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help
help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

.PHONY: up
up: $(VENV) $(AWS_VENV)  ## AWS on this machine with a model, trained on the sample (or DATA=, SCHEMA=), that answers
	@python -m local up --port $(PORT) $(if $(DATA),--data $(DATA)) $(if $(SCHEMA),--schema $(SCHEMA))

.PHONY: down
down: $(VENV)  ## stop it; its state stays
	@python -m local down

.PHONY: status
status: $(VENV)  ## what runs on this machine
	@python -m local status

.PHONY: clean
clean:  ## stop it and forget its state
	@if [ -x .venv/bin/python ]; then python -m local down; fi
	@rm -rf .cache/local .cache/local.[0-9]* .aws-sam

.PHONY: test
test: lint unit e2e  ## all that CI does

.PHONY: lint
lint: $(VENV)  ## ruff, mypy, cfn-lint
	ruff check .
	ruff format --check .
	mypy
	cfn-lint template.yaml

.PHONY: unit
unit: $(VENV) $(AWS_VENV)  ## unit and contract tests
	pytest -m "not e2e" -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: e2e
e2e: $(VENV) $(AWS_VENV)  ## end-to-end tests on local stacks of their own
	pytest tests/e2e -n 2 --dist loadscope $(PYTEST_ARGS)

.PHONY: bench
bench: $(VENV)  ## the benchmarks, one JSON line per figure
	@python -m bench.train
	@python -m bench.lookback
	@python -m bench.quality
	@python -m bench.score
	@python -m bench.cold_start

.PHONY: deploy
deploy: $(VENV)  ## the same stack in your AWS account (the credentials of your shell)
	sam build
	sam deploy

.PHONY: destroy
destroy: $(VENV)  ## remove from your AWS account everything `make deploy` made; the data bucket stays
	@bucket=$$(aws cloudformation describe-stacks --stack-name $(STACK) --output text \
	  --query "Stacks[0].Outputs[?OutputKey=='BucketName'].OutputValue"); \
	sam delete --stack-name $(STACK) --no-prompts; \
	echo; \
	echo "Removed: stack $(STACK), with its endpoint, models, registry, tables, queues and logs. Nothing of it runs any more."; \
	echo "Kept, because nobody can bring it back: s3://$$bucket with transactions, models and decisions."; \
	echo "It costs what its bytes cost. To remove it for good, with all versions: make erase BUCKET=$$bucket"; \
	echo "Kept, because others may use it: SAM's bucket for deployments, API Gateway's role for logs, the log group"; \
	echo "/aws/sagemaker/TrainingJobs."

.PHONY: erase
erase: $(VENV)  ## remove the data bucket that `make destroy` left (BUCKET=), with every version
	@test -n "$(BUCKET)" || { echo "say which: make erase BUCKET=<name>"; exit 2; }
	@python -c "import boto3; bucket = boto3.resource('s3').Bucket('$(BUCKET)'); bucket.object_versions.delete(); bucket.delete()"
	@echo "Removed: s3://$(BUCKET)"

.PHONY: lock
lock: $(VENV)  ## pin the .in files anew
	.venv/bin/$(INSTALL) uv
	uv pip compile --quiet --universal --no-annotate --no-header --python-version 3.12 requirements-dev.in -o requirements-dev.txt
	uv pip compile --quiet --universal --no-annotate --no-header --python-version 3.12 requirements-local.in -o requirements-local.txt

# `sam build` calls build-<LogicalId> once per function, with ARTIFACTS_DIR set (template.yaml: BuildMethod: makefile).
# Packages are installed once per requirements.txt, less what nobody here loads (libyaml, for safe_load is Python;
# Powertools' routers); .pyc files with unchecked hashes save Lambda the compilation
# at every cold start, for the file times in a deployed archive are not those of the build. They tell no folder of this
# machine (-s), so all functions have the same bytes, which SAM uploads once.
PACKAGES := .cache/build/packages-$(shell cat requirements.txt Makefile | sha256sum | cut -c1-12)

.PHONY: build-%
build-%: $(PACKAGES)
	cp -R $(PACKAGES)/. functions model "$(ARTIFACTS_DIR)"
	find "$(ARTIFACTS_DIR)/functions" "$(ARTIFACTS_DIR)/model" -name __pycache__ -prune -exec rm -rf {} +
	$(PYTHON) -m compileall -q --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" "$(ARTIFACTS_DIR)/functions" "$(ARTIFACTS_DIR)/model"

$(PACKAGES): requirements.txt
	rm -rf $@ $@.new
	$(PYTHON) -m $(INSTALL) --no-deps --no-compile --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.12 \
	  --implementation cp --target $@.new --requirement requirements.txt
	rm -rf $@.new/bin $@.new/_yaml $@.new/yaml/_yaml.*.so $@.new/aws_lambda_powertools/event_handler
	$(PYTHON) -m compileall -q --invalidation-mode unchecked-hash $@.new
	mv $@.new $@

$(VENV): requirements-dev.txt requirements.txt
	@echo "installing the tools into .venv (once, a minute or two) …"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/$(INSTALL) --requirement requirements-dev.txt
	@touch $@

$(AWS_VENV): requirements-local.txt
	@echo "installing AWS on this machine into .cache/venvs/aws (once, half a minute) …"
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/$(INSTALL) --requirement requirements-local.txt
	@touch $@
