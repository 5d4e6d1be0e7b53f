# Every target does the set-up it needs by itself: see .ci/setup. `make` alone prints the list.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BUN := .tools/bun --no-install
BACKEND := packages/backend/src

# Tools that start `bun` by name get the pinned one.
export PATH := $(CURDIR)/.tools:$(PATH)

.PHONY: help setup demo dev dev-worker dev-api start-worker start-api recover
.PHONY: test test/unit test/redis test/faults faults/compare check lint typecheck knip format docs bench clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z/-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install Bun (into .tools) and the packages; every other target does this too
	@.ci/setup

demo: setup ## Run the example application on 200 users; KEEP=1 keeps it running for a look at the board
	@KEEP='$(KEEP)' $(BUN) $(BACKEND)/demo/demo.ts

dev: setup ## Run Redis, API and worker, restarted on every change
	@$(BUN) $(BACKEND)/dev.ts

dev-worker: setup ## Run Redis and the worker alone, restarted on every change
	@$(BUN) $(BACKEND)/dev.ts worker

dev-api: setup ## Run Redis and the API alone, restarted on every change
	@$(BUN) $(BACKEND)/dev.ts api

start-worker: setup ## Run the worker as in production
	@NODE_ENV=production $(BUN) $(BACKEND)/worker.ts

start-api: setup ## Run the API as in production
	@NODE_ENV=production $(BUN) $(BACKEND)/api.ts

recover: setup ## Put tasks on their queues again that Redis has lost; ARGS=--dry-run only looks, ARGS=--help says more
	@$(BUN) $(BACKEND)/cli/drover.ts recover $(ARGS)

test: setup ## Run every test
	@$(BUN) .ci/test.ts all

test/unit: setup ## Run the tests that need no server
	@$(BUN) .ci/test.ts unit

test/redis: setup ## Run the tests that need Redis, on one they find or start
	@$(BUN) .ci/test.ts redis

test/faults: setup ## Break Drover on purpose: each fault 20 times, 200 mixed schedules; FAULT_SEED=name:1 replays one
	@$(BUN) packages/faults/src/run.ts

faults/compare: setup ## The same faults for Drover and plain BullMQ, side by side; FAULT_RUNS=5 of each
	@$(BUN) packages/faults/src/compare.ts

check: lint typecheck knip ## Run lint, typecheck and knip

lint: setup ## Check style and formatting
	@$(BUN) x biome check --error-on-warnings

typecheck: setup ## Check types
	@$(BUN) x tsc --noEmit
	@$(BUN) x tsc --noEmit --project .ci

knip: setup ## Find unused files, exports and dependencies
	@$(BUN) x knip

format: setup ## Rewrite files in the project's format
	@$(BUN) x biome check --write

docs: setup ## Write the parts of the reference that are made from code
	@$(BUN) $(BACKEND)/docs.script.ts

bench: setup ## Measure against raw BullMQ; ITERATIONS=1 for a quick look
	@ITERATIONS='$(ITERATIONS)' $(BUN) packages/benchmarks/src/run.ts

clean: ## Delete what set-up, runs and tests have made
	@rm -rf node_modules packages/*/node_modules .tools .data .cache coverage packages/benchmarks/results
