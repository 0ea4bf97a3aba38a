"""How far records of one provider are from those of another: compare.py EXPECTED GOT

Both are JSON Lines of the same file, read with the same settings. Prints one Markdown table row: frames,
faces in both, mean and largest difference of action units and expressions, and of boxes in pixels. Exits with
1 when they have not the same faces, or when a probability differs by more than LIMIT.
"""

import json
import sys
from pathlib import Path

LIMIT = float(sys.argv[3]) if len(sys.argv) > 3 else 0.02


def frames(path: Path) -> dict[int, list[dict]]:
    """Faces by number of frame."""
    records = (json.loads(line) for line in path.read_text().splitlines())
    return {record["sequence"]: record["faces"] for record in records if record["kind"] == "frame"}


def main() -> int:
    """Compares."""
    expected, got = (frames(Path(path)) for path in sys.argv[1:3])
    scores, pixels, apart = [], [], 0
    for sequence in expected.keys() | got.keys():
        ours, theirs = expected.get(sequence, []), got.get(sequence, [])
        apart += abs(len(ours) - len(theirs))
        for one, other in zip(ours, theirs):
            units = one["action_units"], other["action_units"]
            scores += [abs(units[0][name]["p"] - units[1][name]["p"]) for name in units[0]]
            labels = one["expression"]["p"], other["expression"]["p"]
            scores += [abs(labels[0][name] - labels[1][name]) for name in labels[0]]
            pixels += [abs(one["box"][side] - other["box"][side]) for side in one["box"]]
    if not scores:
        print("| no faces | | | | |")
        return 1
    print(f"| {len(got)} of {len(expected)} | {apart} | {sum(scores) / len(scores):.5f} | {max(scores):.5f} | {max(pixels):.3f} |")
    return int(apart > 0 or len(got) != len(expected) or max(scores) > LIMIT)


sys.exit(main())
