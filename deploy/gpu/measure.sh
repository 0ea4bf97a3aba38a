#!/usr/bin/env bash
# Measures the daemon on a machine with an NVIDIA GPU: are its records those of a CPU, and how fast is it.
# Writes one Markdown file; what cannot run is in it with the reason.
#
#   deploy/gpu/measure.sh [REPORT] [INPUT]        default: out/gpu-<date>.md samples/demo.mp4
#
# Needs what `make setup` installs, and a driver for CUDA 13. ONNX Runtime, CUDA's libraries and cuDNN come
# from PyPI into .local/gpu. TensorRT is used where libnvinfer.so.10 is found; LD_LIBRARY_PATH may name it.
set -euo pipefail
cd "$(dirname "$0")/../.."

ONNXRUNTIME=${ONNXRUNTIME:-1.31.1}
read -ra sources <<<"${SOURCES:-1 4 16}"
LOOPS=${LOOPS:-3}
# `no` leaves out the test suite of the daemon, which compiles for minutes.
TESTS=${TESTS:-yes}
report=${1:-out/gpu-$(date +%Y-%m-%d).md}
input=${2:-samples/demo.mp4}
venv=.local/gpu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$report")"

cargo build --quiet --release --locked --package edge --bin edge-daemon
daemon=${CARGO_TARGET_DIR:-target}/release/edge-daemon
say() { printf '%s\n' "$*" >>"$report"; }

: >"$report"
say "# The daemon on a GPU" ""
say "- date: $(date --utc +%Y-%m-%dT%H:%MZ), commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
say "- CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
say "- GPU: $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo 'none that nvidia-smi sees')"

# The libraries. Without a GPU the CPU's figures are still worth having.
skip_cuda="" skip_tensorrt=""
if ! nvidia-smi >/dev/null 2>&1; then
    skip_cuda="nvidia-smi finds no GPU"
elif [[ ! -x $venv/bin/python ]] && ! python3 -m venv "$venv"; then
    skip_cuda="python3 cannot make a virtual environment"
elif ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
    "onnxruntime-gpu[cuda,cudnn]==$ONNXRUNTIME" 2>"$work/pip"; then
    skip_cuda="pip: $(tail -n 1 "$work/pip")"
fi
if [[ -z $skip_cuda ]]; then
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    ORT_DYLIB_PATH=$(find "$packages/onnxruntime/capi" -name 'libonnxruntime.so.*' | head -n 1)
    LD_LIBRARY_PATH=$(find "$packages/nvidia" -type d -name lib -printf '%p:')${LD_LIBRARY_PATH:-}
    export ORT_DYLIB_PATH LD_LIBRARY_PATH
else
    ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$(find .local/onnxruntime/lib -name 'libonnxruntime.so.*' | head -n 1)}
    export ORT_DYLIB_PATH
fi
say "- ONNX Runtime: ${ORT_DYLIB_PATH##*/}"

# Settings of one case: `config PROVIDER PRECISION`.
config() {
    printf '[runtime]\nproviders = ["%s"]\nprecision = "%s"\nengine_cache = "%s"\n' "$1" "$2" "$work/engines"
}
# Whether a provider starts; says why not.
starts() {
    config "$1" fp32 >"$work/$1.toml"
    "$daemon" validate --config "$work/$1.toml" 2>&1 >/dev/null | tail -n 1 | cut -c 1-300
}
[[ -n $skip_cuda ]] || skip_cuda=$(starts cuda)
skip_tensorrt=$skip_cuda
[[ -n $skip_tensorrt ]] || skip_tensorrt=$(starts tensorrt)
skipped() {
    case $1 in
        cuda) echo "$skip_cuda" ;;
        tensorrt) echo "$skip_tensorrt" ;;
    esac
}

say "" "## The same records" "" \
    "Records of \`${input##*/}\` beside those of the CPU: probabilities of action units and expressions, boxes in pixels." "" \
    "| provider | precision | frames | faces apart | mean difference | largest | largest of boxes |" "|---|---|---|---|---|---|---|"
status=0
read_with() {
    config "$1" "$2" >"$work/config.toml"
    RUST_LOG=warn "$daemon" run --config "$work/config.toml" --input "$input" --output "$work/$1-$2.jsonl" 2>"$work/error"
}
read_with cpu fp32
cases=("cpu fp32" "cuda fp32" "tensorrt fp32" "tensorrt fp16")
for case in "${cases[@]:1}"; do
    read -r provider precision <<<"$case"
    reason=$(skipped "$provider")
    # Half precision may differ where full precision must not.
    limit=0.02
    [[ $precision == fp32 ]] || limit=0.1
    if [[ -n $reason ]]; then
        row="| skipped: $reason | | | | |"
    elif ! read_with "$provider" "$precision"; then
        row="| failed: $(tail -n 1 "$work/error") | | | | |" status=1
    else
        row=$(python3 deploy/gpu/compare.py "$work/cpu-fp32.jsonl" "$work/$provider-$precision.jsonl" "$limit") || status=1
    fi
    say "| $provider | $precision $row"
done
say "" "CUDA has no half precision of its own here: ONNX Runtime runs the models as they are."

say "" "## Throughput" "" "\`edge-daemon bench --loops $LOOPS\`, all sources read \`${input##*/}\` as fast as possible." "" \
    "| provider | precision | sources | frames/s | decoding alone | p50 ms | p99 ms | time over bare models | MiB |" "|---|---|---|---|---|---|---|---|---|"
for case in "${cases[@]}"; do
    read -r provider precision <<<"$case"
    reason=$(skipped "$provider")
    if [[ -n $reason ]]; then
        say "| $provider | $precision | skipped: $reason | | | | | | |"
        continue
    fi
    config "$provider" "$precision" >"$work/config.toml"
    if ! RUST_LOG=warn "$daemon" bench --config "$work/config.toml" --input "$input" --loops "$LOOPS" --json \
        "${sources[@]/#/--sources=}" >"$work/bench.json" 2>"$work/error"; then
        say "| $provider | $precision | failed: $(tail -n 1 "$work/error") | | | | | | |"
        status=1
        continue
    fi
    python3 - "$work/bench.json" "$provider" "$precision" >>"$report" <<'PY'
import json
import sys

bench = json.load(open(sys.argv[1]))
for case in bench["cases"]:
    latency = case["latency_millis"]
    print(f"| {sys.argv[2]} | {sys.argv[3]} | {case['sources']} | {case['frames_per_sec']:.0f} "
          f"| {case['decode_only_frames_per_sec']:.0f} | {latency['p50']:.1f} | {latency['p99']:.1f} "
          f"| {case['ratio_to_bare']:.2f} | {case['memory_mib']:.0f} |")
PY
done

say "" "## Tests" ""
if [[ $TESTS == no ]]; then
    say "Left out with TESTS=no."
elif cargo test --quiet --release --locked --package edge >"$work/tests" 2>&1; then
    say "\`cargo test --package edge\` with this library: $(grep -c '^test result: ok' "$work/tests") suites passed."
else
    say "\`cargo test --package edge\` with this library failed:" "" '```' "$(tail -n 20 "$work/tests")" '```'
    status=1
fi
echo "report: $report"
exit "$status"
