#!/usr/bin/env bash
# Runs the daemon on a video or camera and shows what it read: demo.sh INPUT
set -euo pipefail
cd "$(dirname "$0")/.."

input=$1
mkdir -p out
records=out/demo.jsonl
picture=out/demo.png

if [[ $input == /dev/video* || $input == test: ]]; then
    echo "demo: reading $input until Ctrl-C"
fi
# Ctrl-C ends the daemon, which drains and exits 0; what it read is shown all the same.
trap : INT
cargo run --quiet --release --package edge --bin edge-daemon -- \
    run --input "$input" --bundle models/default --output "$records" --annotate "$picture"
trap - INT

echo
python3 scripts/summarize.py "$records"
echo
echo "records:  $records (one JSON object per line; schema in facs/schema/record.schema.json)"
[[ -f $picture ]] && echo "picture:  $picture"
exit 0
