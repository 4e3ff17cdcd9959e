# `make` prints help. `run` and `test` need only Go; the other targets first build pinned tools into .bin/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Every module of go.work: `./...` stops at a module's border.
MODULES := proto services gateway
# The commit that `make breaking` compares with; empty means: the newest tag.
BASE ?=
DATA ?=

GO_NEEDED := 1.26
BIN := $(CURDIR)/.bin
export PATH := $(BIN):$(PATH)

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

##### Use

.PHONY: run
run: go-present ## Build and start the suite; its data goes to DATA, or .data. Ctrl-C stops it.
	@mkdir -p .bin
	@go build -o .bin/qingfeng ./services/cmd/qingfeng
	@tools/run.sh .bin/qingfeng run $(if $(DATA),--data $(DATA))

.PHONY: test
test: go-present ## Run the tests of every module.
	@failed=0; for module in $(MODULES); do echo "== go test $$module"; \
	  go test "./$$module/..." | sed '/\[no test files\]/d' || failed=1; done; exit $$failed

##### Check

.PHONY: check
check: go-present tools ## Everything CI checks: format, generated code, lint, breaking changes, tidy, race tests, features.
	@BASE=$(BASE) tools/check.sh $(MODULES)

.PHONY: lint
lint: buf api-linter golangci-lint ## Lint protos and Go.
	@buf lint
	@tools/apilint.sh
	@for module in $(MODULES); do echo "== golangci-lint $$module"; \
	  (cd "$$module" && golangci-lint run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: breaking
breaking: buf ## Compare the protos with those of BASE.
	@tools/breaking.sh $(BASE)

# Both need node 20.19 or newer; neither belongs to `make check`.
REDOCLY := @redocly/cli@2.77.0

.PHONY: openapi-lint
openapi-lint: go-present node-present ## Lint the OpenAPI documents of every level with redocly, fetched by npm.
	@for level in province city county township; do \
	  (cd gateway && go run ./cmd/openapi -level $$level -out ../.openapi/$$level); done
	@REDOCLY_TELEMETRY=off npx --yes $(REDOCLY) lint .openapi/*/*.json

.PHONY: tsclient
tsclient: go-present node-present ## Generate a TypeScript client from the OpenAPI document, compile it, and call the suite with it.
	@npm ci --prefix tools/tsclient --no-audit --no-fund --loglevel=error
	@go test -count=1 -v -run TypeScriptClient ./services/e2e

.PHONY: bench
bench: go-present ## Measure the suite beside plain programs and write docs/benchmarks.md; FULL=1: full sizes, UNITS: a file to import, PEERS=1: PocketBase too, REFERENCE=1: R's surveillance.
	@mkdir -p .bin
	@go build -o .bin/qingfeng ./services/cmd/qingfeng
	@go build -o .bin/bench ./services/cmd/bench
	@$(if $(PEERS),GOWORK=off go build -C tools/peers/pocketbase -o $(CURDIR)/.bin/pocketbase .)
	@tools/run.sh .bin/bench --write docs/benchmarks.md $(if $(FULL),--full) $(if $(UNITS),--units $(UNITS)) \
		$(if $(PEERS),--pocketbase .bin/pocketbase) $(if $(REFERENCE),--reference)

.PHONY: attack
attack: go-present ## Attack the built suite in full, hold what it costs against the bars, and print the figures.
	@go test -count=1 -v -timeout 30m ./services/attack -full | grep -E 'figure:|^(---|===|FAIL|ok|panic)|Error'

##### Write

.PHONY: generate
generate: buf sqlc ## Generate Go, HTTP, OpenAPI and SQL code, and the functions of sentences.
	@tools/generate.sh write

.PHONY: format
format: buf golangci-lint ## Format protos and Go.
	@buf format --write proto
	@for module in $(MODULES); do (cd "$$module" && golangci-lint fmt --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: features
features: go-present .bin/features ## Run the tests and write docs/features.md, which says what each test shows.
	@tools/features.sh write $(MODULES)

.PHONY: simulation
simulation: go-present ## Simulate what detection finds and alarms for nothing; write the figures into docs/detection.md, and its chart.
	@figures=$$(go run ./services/cmd/qingfeng detect simulate --svg docs/detection.svg); \
	  sed -i '/written by make simulation/q' docs/detection.md; printf '\n%s\n' "$$figures" >> docs/detection.md

.PHONY: clean
clean: ## Remove tools and everything built; data of `make run` stays.
	@rm -rf .bin .protodeps .generated.* .breaking.* .testjson .openapi tools/tsclient/node_modules tools/tsclient/build

##### Tools

.PHONY: tools
tools: buf api-linter sqlc golangci-lint .bin/features
.PHONY: buf api-linter sqlc golangci-lint
buf: go-present .bin/plugins.stamp .bin/buf.stamp .protodeps/stamp
sqlc: go-present .bin/sqlc.stamp
golangci-lint: go-present .bin/lint.stamp
api-linter: go-present .bin/apilint.stamp

# Each folder of tools/ is a module outside go.work, so that no tool's needs reach the product. A stamp older
# than its go.mod or go.sum means: build again.
# Without cgo, no C compiler is needed here.
install = CGO_ENABLED=0 GOWORK=off GOBIN=$(BIN) go -C $(1) install
.bin/plugins.stamp: tools/go.mod tools/go.sum $(wildcard tools/protodeps/*.go)
	@echo "building protoc plugins"; mkdir -p .bin
	@$(call install,tools) tool ./protodeps
	@touch $@
.bin/buf.stamp: tools/buf/go.mod tools/buf/go.sum
	@echo "building buf"; mkdir -p .bin
	@$(call install,tools/buf) tool
	@touch $@
.bin/sqlc.stamp: tools/sqlc/go.mod tools/sqlc/go.sum
	@echo "building sqlc"; mkdir -p .bin
	@$(call install,tools/sqlc) tool
	@touch $@
.bin/lint.stamp: tools/lint/go.mod tools/lint/go.sum
	@echo "building golangci-lint"; mkdir -p .bin
	@$(call install,tools/lint) tool
	@touch $@
.bin/apilint.stamp: tools/apilint/go.mod tools/apilint/go.sum
	@echo "building api-linter"; mkdir -p .bin
	@$(call install,tools/apilint) tool
	@touch $@
.bin/features: tools/go.mod $(wildcard tools/features/*.go)
	@mkdir -p .bin
	@$(call install,tools) ./features
	@touch $@
.protodeps/stamp: .bin/plugins.stamp
	@rm -rf .protodeps
	@protodeps -out .protodeps
	@touch $@

.PHONY: node-present
node-present:
	@command -v npx >/dev/null || { echo "node is missing: install Node.js 20.19 or newer with npm" >&2; exit 1; }

.PHONY: go-present
go-present:
	@command -v go >/dev/null || { echo "Go is missing: install Go $(GO_NEEDED) or newer from your system or from go.dev" >&2; exit 1; }
	@have=$$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//'); \
	 oldest=$$(printf '%s\n' "$(GO_NEEDED)" "$$have" | sort -V | head -n 1); \
	 [[ "$$oldest" == "$(GO_NEEDED)" ]] || { echo "Go $$have is too old: the suite needs Go $(GO_NEEDED) or newer" >&2; exit 1; }
