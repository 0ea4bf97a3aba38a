#!/usr/bin/env bash
# Builds the Debian package of the daemon into out/, for this machine's processor.
set -euo pipefail
cd "$(dirname "$0")/.."

pinned=3.8.0
tool=.local/cargo-deb
if [[ $("$tool/bin/cargo-deb" --version 2>/dev/null || true) != *" $pinned" ]]; then
    echo "deb: installing cargo-deb $pinned into $tool"
    cargo install cargo-deb --version "$pinned" --locked --quiet --root "$tool"
fi

cargo build --release --locked --package edge --bin edge-daemon
python3 scripts/rust_licences.py .local/rust-licences.txt

# A later commit is a later version; the same commit gives the same bytes.
number=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
committed=$(git log -1 --format=%ct 2>/dev/null || true)
version=$number
if [[ -n $committed ]]; then
    export SOURCE_DATE_EPOCH=$committed
    version+=+git$(date --utc --date "@$committed" +%Y%m%d%H%M).$(git rev-parse --short=7 HEAD)
fi

mkdir -p out
rm -f out/mien_*.deb
"$tool/bin/cargo-deb" --manifest-path edge/Cargo.toml --locked --no-build --deb-version "$version" --output out/
