#!/usr/bin/env bash
# Installs the package of out/ into a Debian of its own, as the README's section "Install" says, reads a
# stream with it, and purges it. As root; needs debootstrap, mosquitto, gir1.2-gst-rtsp-server-1.0.
#
#   tests/deb/run.sh            everything, in a new Debian 12 (a few minutes)
#   MIEN_DEB_ROOT=folder ...    with a Debian that is there, or is made there and kept
set -euo pipefail
cd "$(dirname "$0")/../.."
# The installed daemon finds its own.
unset ORT_DYLIB_PATH

missing=()
for need in debootstrap mosquitto mosquitto_sub unshare ip curl; do
    command -v "$need" >/dev/null || missing+=("$need")
done
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
    missing+=(gir1.2-gst-rtsp-server-1.0)
if ((EUID != 0)) || ((${#missing[@]})); then
    echo "skipped: the test of the package needs root${missing[*]:+, and ${missing[*]}}" >&2
    exit 0
fi
packages=(out/mien_*.deb)
[[ -f ${packages[0]} ]] || { echo "deb: run make deb first" >&2; exit 1; }

if [[ ${1:-} != inside ]]; then
    work=$(mktemp -d)
    root=${MIEN_DEB_ROOT:-$work/root}
    trap 'umount --quiet "$root/proc" || true; rm -rf --one-file-system "$work"' EXIT
    if [[ ! -x $root/usr/bin/dpkg ]]; then
        echo "deb: making a bare Debian in $root"
        debootstrap --variant=minbase bookworm "$root" "${MIEN_DEB_MIRROR:-http://deb.debian.org/debian}" >"$work/log"
    fi
    mount --types proc proc "$root/proc"
    cp /etc/resolv.conf "$root/etc/"
    mkdir -p "$root/out"
    cp "${packages[0]}" "$root/out/"
    install=$(sed -n '/^## Install$/,/^## [^I]/s/^\$ sudo \(apt install [^#]*\).*/\1/p' README.md)
    echo "deb: $install"
    # What an interrupted test left behind.
    chroot "$root" dpkg --purge mien >/dev/null 2>&1 || true
    # The list of packages may be older than the mirror.
    chroot "$root" apt-get -qq update
    # shellcheck disable=SC2086 # the words of a command
    chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c "${install/install/install --yes --quiet --no-install-recommends}" >"$work/log" 2>&1 ||
        { tail -n 20 "$work/log"; exit 1; }
    rm -r "$root/out"
    # A network of its own: the addresses of the README are free there.
    unshare --net "$0" inside "$root" "$work"
    chroot "$root" apt-get purge --yes --quiet mien >"$work/log" 2>&1
    left=$(find "$root" -xdev \( -path "$root/proc" -o -path '*/var/log' -o -path '*/var/cache/apt' \) -prune -o \
        \( -name '*mien*' -o -name '*edge-daemon*' \) -print)
    accounts=$(grep -h '^mien:' "$root/etc/passwd" "$root/etc/group" || true)
    [[ -z $left$accounts ]] || { echo "deb: purge left $left $accounts" >&2; exit 1; }
    echo "deb: all is well"
    exit 0
fi

root=$2 work=$3
ip link set lo up
ip address add 10.0.0.7/32 dev lo
jobs_of_test=()
trap 'kill "${jobs_of_test[@]}" 2>/dev/null || true' EXIT

# Waits until a command succeeds: `until_so SECS WHAT COMMAND...`.
until_so() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            echo "deb: not so: $what" >&2
            tail -n 20 "$work/log" "$work/notified" "$work/mqtt" 2>/dev/null | cut -c 1-300 >&2
            exit 1
        fi
        sleep 0.2
    done
    echo "deb: $what"
}

# shellcheck disable=SC2016 # the quotes are those of Markdown
sed -n '/^## Install$/,/^## [^I]/{/^```toml$/,/^```$/{/^```/!p}}' README.md >>"$root/etc/mien/edge.toml"
grep -q '^input = "rtsp://10.0.0.7/stream"' "$root/etc/mien/edge.toml"
/usr/bin/python3 tests/deb/rtsp.py "$PWD/samples/demo.mp4" 554 /stream >"$work/rtsp" 2>&1 &
jobs_of_test+=($!)
mosquitto >"$work/mosquitto" 2>&1 &
jobs_of_test+=($!)
until_so 10 "the broker is there" mosquitto_pub --topic try --message try
mosquitto_sub --topic 'mien/#' >"$work/mqtt" &
jobs_of_test+=($!)

chroot "$root" edge-daemon validate --config /etc/mien/edge.toml | tee "$work/valid"
grep -q '/usr/share/mien/models/default.*/usr/lib/mien/libonnxruntime.so' "$work/valid"
python3 tests/deb/service.py "$root" usr/lib/systemd/system/edge-daemon.service >"$work/notified" 2>"$work/log" &
service=$!
jobs_of_test+=("$service")
until_so 60 "the service is ready" grep -qx READY=1 "$work/notified"
http() { curl --silent --fail --max-time 5 "http://127.0.0.1:9600$1"; }
until_so 30 "a frame has come" http /health/ready
until_so 10 "the page is served" sh -c "curl --silent --fail http://127.0.0.1:9600/ | grep -qi '<html'"
until_so 10 "the status is served" sh -c "curl --silent --fail http://127.0.0.1:9600/status | grep -q '\"door\"'"
until_so 30 "a face came over MQTT" grep -q '"kind":"frame".*"faces":\[{' "$work/mqtt"
http /metrics | grep '^mien_source_online{source="door"} 1'
until_so 40 "the watchdog is fed" grep -qx WATCHDOG=1 "$work/notified"

printf '\n[[sources]]\nname = "pattern"\ninput = "test:"\n' >>"$root/etc/mien/edge.toml"
kill -HUP "$service"
until_so 20 "a source was added by a reload" sh -c "curl --silent http://127.0.0.1:9600/metrics | grep -q 'mien_source_online{source=\"pattern\"} 1'"
kill -TERM "$service"
until_so 30 "the service ended by itself" grep -qx EXIT=0 "$work/notified"
grep -qx STOPPING=1 "$work/notified"
if [[ -e $root/var/cache/mien/Microsoft ]]; then
    echo "deb: ONNX Runtime kept an identifier of the machine" >&2
    exit 1
fi
