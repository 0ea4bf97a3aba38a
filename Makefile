# Mien: two commands matter, `make demo` and `make test`. CARGO_TARGET_DIR is honoured.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test setup setup-demo bench deb test-deb models sample

# A video file, a camera (/dev/video0), a stream (rtsp://...), or `test:`.
INPUT ?= samples/demo.mp4
# Heads to draw people from: `built-in`, and glTF files (.glb or .gltf) with ARKit-named morph targets.
HEADS ?= built-in
CROPS ?= 80000
PERSONS ?= 8000
SCENES ?= 30000
CLOSE_SCENES ?= 12000
# `cpu`, or `cuda` for the first NVIDIA GPU.
DEVICE ?= cpu

SYNTH := cargo run --quiet --release --package synth --bin synth --
TRAINER := cargo run --quiet --release --package trainer $(if $(filter cuda,$(DEVICE)),--features cuda) --bin trainer --
CALIBRATION := cargo run --quiet --release --package calibration --bin calibration --
EDGE := cargo run --quiet --release --package edge --bin edge-daemon --

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

demo: setup-demo ## Action units, expression and graph on a sample clip, or INPUT=file|/dev/video0
	@cargo build --release --package edge
	@scripts/demo.sh "$(INPUT)"

# MIEN_ICT_HEAD=/path/to/ict_head.glb tests on that head, too (docs/heads.md).
test: setup ## All checks and tests, cheapest first; what CI runs
	@cargo xtask check

setup: setup-demo ## What building and testing need; quick when all is there
	@scripts/install-system-packages.sh tests
	@scripts/install-python-tools.sh tools

setup-demo:
	@scripts/check-rust.sh
	@scripts/install-system-packages.sh
	@scripts/install-python-tools.sh
	@.local/venv/bin/python scripts/install_onnxruntime.py

bench: setup-demo ## Where the time goes: daemon and renderer, on this machine
	@$(EDGE) bench --input "$(INPUT)"
	@cargo bench --quiet --package synth --bench render

deb: setup-demo ## The Debian package of the daemon, into out/
	@scripts/build-deb.sh

# As root, with debootstrap: installs the package into a Debian of its own and reads a stream there.
test-deb: deb ## Install the package in a bare Debian and read a stream with it
	@tests/deb/run.sh

models: setup ## Render the data, train and calibrate the models, write models/default (hours on a CPU)
	$(SYNTH) crops --count $(CROPS) --persons $(PERSONS) --seed 12 $(HEADS:%=--head %) --out data/crops
	$(SYNTH) scenes --count $(SCENES) --seed 11 $(HEADS:%=--head %) --out data/scenes
	$(SYNTH) scenes --count $(CLOSE_SCENES) --width 320 --height 192 --seed 13 $(HEADS:%=--head %) --out data/close
	$(TRAINER) train trainer/recipes/face_finder.toml --run runs/face_finder --device $(DEVICE)
	$(TRAINER) train trainer/recipes/face_refiner.toml --run runs/face_refiner --device $(DEVICE)
	$(TRAINER) structure --data data/crops --out runs/structure
	$(TRAINER) train trainer/recipes/backbone.toml --run runs/backbone --device $(DEVICE)
	$(TRAINER) train trainer/recipes/affect.toml --run runs/affect --device $(DEVICE)
	$(TRAINER) bundle runs/face_finder runs/face_refiner runs/affect --name default --out runs/bundle
	$(CALIBRATION) numbers --bundle runs/bundle --data data/crops --out runs/numbers
	@cp runs/numbers/bundle/* models/default/

sample: setup-demo ## Render samples/demo.mp4 again
	@mkdir -p samples
	$(SYNTH) clip --seconds 6 --fps 24 --width 640 --height 360 --out - | gst-launch-1.0 --quiet \
		fdsrc ! rawvideoparse format=rgb width=640 height=360 framerate=24/1 \
		! videoconvert ! x264enc ! mp4mux ! filesink location=samples/demo.mp4
