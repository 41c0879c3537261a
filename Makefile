.PHONY: help bootstrap build test sanitize soak conformance conformance-converter conformance-operations demo docs format \
	lint clean
.DEFAULT_GOAL := help

SWIFT_FILES = git ls-files -z --cached --others --exclude-standard '*.swift'

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-23s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bootstrap: ## Install the Debian packages that are missing
	@scripts/bootstrap

build: ## Build everything in release mode
	scripts/with-backends swift build -c release

test: bootstrap ## Build everything and run every test
	scripts/with-backends swift build -c release --build-tests
	scripts/with-backends swift test -c release --skip-build --disable-xctest

sanitize: bootstrap ## Run the runtime's tests under the thread sanitizer and the address sanitizer
	scripts/sanitize

soak: bootstrap ## Run 100 000 inferences and 1 000 load cycles on each CPU device, and watch the memory
	scripts/with-backends swift build -c release
	scripts/with-backends .build/release/Soak $(PART)

demo: bootstrap build ## Name the animal in a photograph on every backend
	scripts/demo

conformance: conformance-converter conformance-operations ## Compare with TensorFlow and OpenVINO, which are fetched

conformance-converter: bootstrap
	scripts/with-backends swift build -c release --build-tests
	conformance/converter/run

conformance-operations: bootstrap build
	conformance/operations/run

docs: bootstrap build ## Build the API reference and its tutorial in documentation/
	scripts/documentation

format: ## Format the Swift sources
	$(SWIFT_FILES) | xargs -0 swift format -i

lint: ## Check the format of the Swift sources
	$(SWIFT_FILES) | xargs -0 swift format lint -s

clean: ## Remove everything that was built and fetched
	rm -rf .build demo documentation
