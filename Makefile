# Mien: two commands matter, `make demo` and `make test`. CARGO_TARGET_DIR is honoured.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-demo demo test bench models

# A video file, a camera (/dev/video0), or `test:`.
INPUT ?= samples/demo.mp4

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

demo: setup-demo ## Action units, expression and graph on a sample clip, or INPUT=file|/dev/video0
	@cargo build --release --package edge
	@scripts/demo.sh "$(INPUT)"

test: setup ## All checks and tests, cheapest first; what CI runs
	@cargo xtask check

setup: setup-demo ## What building and testing need; quick when all is there
	@scripts/install-python-tools.sh tools

setup-demo:
	@scripts/check-rust.sh
	@scripts/install-system-packages.sh
	@scripts/install-python-tools.sh
	@.local/venv/bin/python scripts/install_onnxruntime.py
