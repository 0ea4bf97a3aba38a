#!/usr/bin/env bash
# Makes .local/venv; with `tools` as argument, also installs scripts/requirements.txt into it.
# Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.local/venv
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv "$venv"
fi
[[ ${1:-} == tools ]] || exit 0

stamp=$venv/requirements.txt
if ! cmp --silent scripts/requirements.txt "$stamp"; then
    echo "setup: installing Python tools into $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --requirement scripts/requirements.txt
    cp scripts/requirements.txt "$stamp"
fi
