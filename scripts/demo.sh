#!/usr/bin/env bash
# Runs the daemon on a video or camera and shows what it read: demo.sh INPUT
set -euo pipefail
cd "$(dirname "$0")/.."

input=$1
records=out/demo.jsonl
picture=out/demo.png
mkdir -p out
rm -f "$records" "$picture"

if [[ $input == /dev/video* || $input == rtsp://* || $input == test: ]]; then
    echo "demo: reading $input until Ctrl-C"
fi
options=()
# The sample is short: compare its first and last two seconds.
if [[ $input == samples/* ]]; then
    options+=(--summary-window 2)
fi
# Ctrl-C is for the daemon, which drains and prints what it read.
trap : INT
RUST_LOG=${RUST_LOG:-warn} cargo run --quiet --release --package edge --bin edge-daemon -- \
    run --input "$input" --output "$records" --annotate "$picture" "${options[@]}"
trap - INT

echo
echo "records: $records (one JSON object per line; schema: facs/schema/record.schema.json)"
if [[ -f $picture ]]; then
    echo "picture: $picture"
fi
