#!/usr/bin/env bash
# Runs the daemon for so many minutes while sources and peers come and go, and looks whether anything grows:
#   scripts/soak.sh MINUTES [CSV]
# Prints the slopes of memory, open files and threads over the second half with their standard errors, and
# writes every sample to CSV (out/soak.csv by default). The same as the test `soak`, for longer.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:?usage: scripts/soak.sh MINUTES [CSV]}
csv=$(realpath -m "${2:-out/soak.csv}")
mkdir -p "$(dirname "$csv")"
MIEN_SOAK_SECS=$((minutes * 60)) MIEN_SOAK_CSV=$csv \
    cargo test --release --locked -p edge --test soak -- --exact nothing_grows --nocapture
echo "samples: $csv"
