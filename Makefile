# The two commands: `make run` and `make test`. Each sets up what it needs, says what it is doing, and is quick the
# second time. The rest is for working on the product.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check lint nightly prepare size bench

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: ## set up, start with the demonstration programme, print address and log-ins
	@.ci/tools run
	@.ci/build browser server
	@.ci/serve

test: ## set up, run every test: rules, database, commands, browser
	@.ci/tools test
	@.ci/test

check: ## quick: does it compile, and do the fast tests pass
	@cargo check --workspace --all-targets
	@cargo nextest run --workspace --lib

lint: ## fmt, clippy for server and browser, cargo deny
	@.ci/tools lint
	@.ci/lint

prepare: ## renew .sqlx after SQL or migrations changed (checked by `make test`)
	@.ci/prepare

size: ## what a first visit downloads, in brotli
	@.ci/tools run
	@.ci/build browser
	@.ci/size

bench: ## the import against a hand-written SQL script and a plain COPY; a payout run for 100 000 partners; the desk with a million cases
	@.ci/tools run
	@.ci/bench-import
	@.ci/bench-payouts
	@.ci/bench-desk

nightly: ## what is too long for every day; prints its figures
	@.ci/tools test
	@.ci/nightly
