# What to type. Each target says what it does; the work is in deploy/local.

TARGET := $(or $(CARGO_TARGET_DIR),target)
LOCAL := $(TARGET)/debug/local

.PHONY: help demo up down test quick gen bench campaign kills explore release-figures build check-tools

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: build ## the whole story on a real control plane and a simulated AWS, then clean up
	@$(LOCAL) demo

up: build ## the same world left running (8 h at most); prints how to use it
	@$(LOCAL) up

down: ## end it and leave nothing behind
	@if [ -x $(LOCAL) ]; then $(LOCAL) down; else echo "nothing is up: it was never built"; fi

test: check-tools ## every test
	@deploy/local/test.sh

quick: ## format, model tests, plan cases: under a minute once built
	@deploy/local/quick.sh

gen: ## write CRDs, RBAC and reference docs from the types
	@cargo build --workspace --all-targets
	@$(TARGET)/debug/directconnect-operator generate

campaign: build ## every fault at every boundary; ended, it goes on where it was
	@$$(deploy/local/built.sh test campaign) --all --results $(TARGET)/campaign/$$(git rev-parse --short HEAD)

kills: build ## kill -9 and take-over of the real process at every AWS write; ended, it goes on where it was
	@mkdir -p $(TARGET)/kills
	@RESULTS=$(TARGET)/kills/$$(git rev-parse --short HEAD).jsonl $$(deploy/local/built.sh test cluster) --ignored --exact crash::long::make_kills --nocapture

bench: build ## the figures of docs/benchmarks.md
	@deploy/local/bench.sh

explore: ## every state of small worlds, and each clause of the protocol dropped: docs/exploration.md
	@cargo run -p directconnect-exploration --bin explore -- --all --results docs/exploration.jsonl
	@cargo run -p directconnect-exploration --bin explore -- --page docs

release-figures: check-tools ## sizes, memory and start time of a release build: a second, long build
	@deploy/local/release-figures.sh

build: check-tools
	@deploy/local/build.sh

check-tools:
	@deploy/local/check-tools.sh
