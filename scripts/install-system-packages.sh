#!/usr/bin/env bash
# Installs what the build and the daemon need from the distribution; does nothing when all is there.
# With the argument `tests`, also the brokers that tests deliver to, the network camera that they read and
# the browser that opens the page.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    pkg-config
    libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev
    gstreamer1.0-tools
    gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good
    gstreamer1.0-plugins-ugly
    gstreamer1.0-libav
)
if [[ ${1-} == tests ]]; then
    packages+=(mosquitto mosquitto-clients nats-server openssl chromium)
    packages+=(gir1.2-gst-rtsp-server-1.0 python3-gi)
fi
command -v cc >/dev/null || packages+=(gcc libc6-dev)
# A Python from elsewhere brings its own; Debian's leaves them out.
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    if pkg-config --exists gstreamer-app-1.0 gstreamer-video-1.0 2>/dev/null &&
        gst-inspect-1.0 --exists avdec_h264 2>/dev/null; then
        exit 0
    fi
    echo "setup: this is neither Debian nor Ubuntu: install the equivalents of these, then try again:" >&2
    printf '  %s\n' "${packages[@]}" >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "setup: as root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
log=.local/apt.log
mkdir -p .local
echo "setup: installing ${missing[*]} (a few minutes, log in $log)"
# `env` because sudo may drop variables.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
if ! { "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed: see above, mend it, then try again" >&2
    exit 1
fi
