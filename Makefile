.PHONY: help bootstrap build test demo format lint clean
.DEFAULT_GOAL := help

SWIFT_FILES = git ls-files -z --cached --others --exclude-standard '*.swift'

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bootstrap: ## Install the Debian packages that are missing
	@scripts/bootstrap

build: ## Build everything in release mode
	scripts/with-backends swift build -c release

test: bootstrap ## Build everything and run every test
	scripts/with-backends swift build -c release --build-tests
	scripts/with-backends swift test -c release --skip-build --disable-xctest

demo: bootstrap build ## Name the animal in a photograph on every backend
	scripts/demo

format: ## Format the Swift sources
	$(SWIFT_FILES) | xargs -0 swift format -i

lint: ## Check the format of the Swift sources
	$(SWIFT_FILES) | xargs -0 swift format lint -s

clean: ## Remove everything that was built and fetched
	rm -rf .build demo
