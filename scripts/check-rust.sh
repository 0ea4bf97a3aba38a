#!/usr/bin/env bash
# Fails, with the way out, when there is no cargo that is new enough for this workspace.
set -euo pipefail
cd "$(dirname "$0")/.."

needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2 || true)
if [[ -z $found ]]; then
    echo "setup: cargo is not there: install Rust $needed or newer (https://rustup.rs), then try again" >&2
    exit 1
fi
if [[ $(printf '%s\n%s\n' "$needed" "$found" | sort --version-sort | head -n 1) != "$needed" ]]; then
    echo "setup: cargo is $found, this workspace needs $needed: run 'rustup update stable', then try again" >&2
    exit 1
fi
