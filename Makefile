# `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup test lint fuzz rehearse bench crash upgrade build run sandbox image clean

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 5s
IMAGE    ?= slipway
ARGS     ?=

# These are tested without the race detector, under which they take minutes, or have AWS's SDK compiled a second time: what
# compiles a WebAssembly machine, draws, or plays hundreds of releases on the practice ECS; the program in processes of its
# own, and the practice AWS, which are put together of parts that are raced.
NOT_RACED := ./internal/deploy/provider/sqlread ./internal/chart ./internal/deploy/provider/ecs ./internal/deploy/provider/cloudwatch \
	./cmd/bot ./internal/crash ./internal/bench ./internal/sandbox ./internal/sandbox/control ./internal/sandbox/awsapi \
	./internal/sandbox/awsaround ./internal/sandbox/cloudwatch ./internal/sandbox/ecs ./internal/sandbox/elb ./internal/sandbox/terminal

# As the program in the image is built; what is built the same way is compiled once.
STATIC := CGO_ENABLED=0 GOFLAGS=-trimpath

GOLANGCI_LINT := go tool -modfile=tools/go.mod golangci-lint

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests start for themselves (redis-server), if it is not there
	@scripts/setup

test: setup ## Run all tests, most with the race detector (make lint vets)
	@raced=$$(go list ./... | grep -vxF "$$(go list $(NOT_RACED))"); \
	export CGO_ENABLED=1; \
	go build -race $$(go list -f '{{if .GoFiles}}{{.ImportPath}}{{end}}' $$raced) && \
	go test -race -vet=off -timeout 5m $$raced
	@$(STATIC) go build ./...
	$(STATIC) go test -vet=off -timeout 5m $(NOT_RACED)

lint: ## Check format, vet, golangci-lint and the module files
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	$(GOLANGCI_LINT) config verify
	$(GOLANGCI_LINT) run
	go mod tidy -diff
	go -C tools mod tidy -diff
	go mod verify

fuzz: ## Run every fuzz target for FUZZTIME (5s) each
	@FUZZTIME=$(FUZZTIME) scripts/fuzz

rehearse: build ## Play every file of deployments/rehearsals in the sandbox
	@scripts/rehearse bin/bot $(sort $(wildcard deployments/rehearsals/*.txt))

bench: setup ## Measure the promised figures, one "figure NAME VALUE UNIT" line each
	@go run ./internal/bench $(ARGS)

crash: setup ## Kill and pause replicas 730 times at every boundary; ARGS=-short for a minute of it
	@go run ./internal/crash $(ARGS)

upgrade: setup ## Carry releases half with the bot of an earlier commit (ARGS, default the last one) and half with this
	@scripts/upgrade $(ARGS)

build: ## Build bin/bot: static, as it is in the image
	$(STATIC) go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/bot ./cmd/bot

run: ## Run the bot against real Slack, Redis and clouds, configured by the environment
	go run ./cmd/bot run $(ARGS)

sandbox: ## Run everything in one process, and play with it
	@go run ./cmd/bot sandbox $(ARGS)

image: ## Build the container image IMAGE:VERSION
	docker build --build-arg VERSION=$(VERSION) --tag $(IMAGE):$(VERSION) .

clean: ## Remove what was built
	rm -rf bin
