"""Runs a systemd unit where systemd is not: service.py ROOT UNIT

Reads the unit below the folder ROOT, which becomes the root of the service, makes its folders, becomes
its user, sets its environment, and listens to what it tells the service manager: each word is a line on
standard output. SIGHUP and SIGTERM go on to the service; its exit status is the last line and ours. Only
what a simple service needs; systemd's sandbox is not built.
"""

import grp
import os
import pwd
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

FOLDERS = {"StateDirectory": ("STATE_DIRECTORY", "var/lib"), "CacheDirectory": ("CACHE_DIRECTORY", "var/cache"),
           "ConfigurationDirectory": ("CONFIGURATION_DIRECTORY", "etc")}


def settings(unit: Path) -> dict[str, list[str]]:
    """All values of each key, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith(("#", ";", "[")):
            key, value = line.split("=", 1)
            found.setdefault(key.strip(), []).append(value.strip())
    return found


def assignments(lines: list[str]) -> dict[str, str]:
    """NAME=VALUE lines; others are none."""
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Za-z_]\w*=", line))


def main() -> int:
    """Runs the service to its end."""
    root, unit = Path(sys.argv[1]), settings(Path(sys.argv[1]) / sys.argv[2])
    # Accounts are those of the root.
    os.chroot(root)
    user = pwd.getpwnam(unit["User"][0])
    groups = [grp.getgrnam(name).gr_gid for name in unit["SupplementaryGroups"][0].split()
              if name in {entry.gr_name for entry in grp.getgrall()}]
    environment = {"PATH": "/usr/bin:/bin", "HOME": user.pw_dir, "USER": user.pw_name}
    environment |= assignments(unit["Environment"])
    file = Path(unit["EnvironmentFile"][0].removeprefix("-"))
    environment |= assignments(file.read_text().splitlines()) if file.exists() else {}
    for key, (variable, parent) in FOLDERS.items():
        folder = Path("/", parent, unit[key][0])
        folder.mkdir(mode=0o700, exist_ok=True)
        if parent != "etc":
            os.chown(folder, user.pw_uid, user.pw_gid)
        environment[variable] = str(folder)
    seconds = int(unit["WatchdogSec"][0].removesuffix("s"))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    words = Path("/run/notified")
    words.unlink(missing_ok=True)
    listener.bind(str(words))
    words.chmod(0o666)
    listener.settimeout(0.2)
    environment |= {"NOTIFY_SOCKET": str(words), "WATCHDOG_USEC": str(seconds * 1_000_000)}
    command = [re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word)
               for word in shlex.split(unit["ExecStart"][0])]
    service = subprocess.Popen(command, env=environment, cwd=unit["WorkingDirectory"][0], user=user.pw_uid,
                               group=user.pw_gid, extra_groups=groups, umask=int(unit["UMask"][0], 8))
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, _: service.send_signal(number))
    while service.poll() is None:
        try:
            print(listener.recv(4096).decode(), flush=True)
        except TimeoutError:
            continue
    print(f"EXIT={service.returncode}", flush=True)
    return service.returncode


sys.exit(main())
