"""Writes the licences of all crates that are in edge-daemon into one text: rust_licences.py FILE

Texts that several crates share stand once, below the names of all of them. Ours are left out.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

NAMES = ("licen", "copying", "notice", "copyright", "unlicense")


def cargo(*arguments: str) -> str:
    """What cargo prints."""
    return subprocess.run(["cargo", *arguments], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Collects and writes."""
    tree = cargo("tree", "--locked", "--package", "edge", "--edges", "normal", "--prefix", "none", "--format", "{p}")
    used = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    texts, without = defaultdict(list), []
    for package in json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]:
        name = f"{package['name']} {package['version']}"
        if package["source"] is None or (package["name"], f"v{package['version']}") not in used:
            continue
        folder = Path(package["manifest_path"]).parent
        files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name.lower().startswith(NAMES)]
        if not files:
            without.append(f"{name}: {package['license']} ({', '.join(package['authors']) or package['repository']})")
        for file in files:
            texts[file.read_text(errors="replace").strip()].append(name)
    out = ["Crates in edge-daemon and their licences.", "", "Without a text of their own:", "", *without]
    for text, names in sorted(texts.items(), key=lambda item: item[1]):
        out += ["", "=" * 80, ", ".join(sorted(set(names))), "=" * 80, "", text]
    Path(sys.argv[1]).write_text("\n".join(out) + "\n")


main()
