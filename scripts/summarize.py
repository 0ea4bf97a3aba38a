"""Prints records of `edge-daemon` for people: a table of means over spans of the clip, and the graph.

    python3 scripts/summarize.py out/demo.jsonl
"""

import json
import sys
from collections import Counter, defaultdict

SPAN_SECONDS = 8.0
UNIT_NAMES = {
    "AU01": "inner brow raiser", "AU02": "outer brow raiser", "AU04": "brow lowerer", "AU05": "upper lid raiser",
    "AU06": "cheek raiser", "AU07": "lid tightener", "AU09": "nose wrinkler", "AU10": "upper lip raiser",
    "AU11": "nasolabial deepener", "AU12": "lip corner puller", "AU14": "dimpler", "AU15": "lip corner depressor",
    "AU17": "chin raiser", "AU20": "lip stretcher", "AU23": "lip tightener", "AU24": "lip pressor",
    "AU25": "lips part", "AU26": "jaw drop", "AU28": "lip suck", "AU43": "eyes closed",
}


def read(path):
    """Frame records of a file, in order."""
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    return [record for record in records if record["kind"] == "frame"]


def spans(frames):
    """The first and last 8 s of a long clip; two halves of a short one."""
    first, last = frames[0]["pts_nanos"], frames[-1]["pts_nanos"]
    length = min(SPAN_SECONDS, (last - first) / 2e9)
    cut = int(length * 1e9)
    start = [frame for frame in frames if frame["pts_nanos"] <= first + cut]
    end = [frame for frame in frames if frame["pts_nanos"] > last - cut]
    return {f"first {length:.1f} s": start, f"last {length:.1f} s": end}


def means(faces, scores):
    """Mean of each named score over faces."""
    sums = defaultdict(float)
    for face in faces:
        for name, value in scores(face).items():
            sums[name] += value
    return {name: total / len(faces) for name, total in sums.items()}


def table(title, columns):
    """One line per name, one column per span, and a bar for each."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    print(f"\n{title:<28}" + "".join(f"{span:<22}" for span in columns))
    for name in names:
        cells = ""
        for column in columns.values():
            value = column.get(name)
            cells += f"{'-':<22}" if value is None else f"{value:4.2f} {'#' * round(value * 14):<17}"
        print(f"  {name + '  ' + UNIT_NAMES.get(name, ''):<26}{cells}".rstrip())


def edges(faces, key):
    """The strongest edges by mean weight over faces, as text."""
    sums = Counter()
    for face in faces:
        for edge in face["graphs"][key]:
            sums[edge["from"], edge["to"]] += edge["weight"] / len(faces)
    strongest = sorted(sums.items(), key=lambda item: -abs(item[1]))[:4]
    return ", ".join(f"{source} {'->' if weight > 0 else '-|'} {target} {weight:+.2f}" for (source, target), weight in strongest)


def main():
    """Reads one file of records and prints what is in it."""
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    frames = read(sys.argv[1])
    if not frames:
        sys.exit("no frames")
    seen = sum(bool(frame["faces"]) for frame in frames)
    seconds = (frames[-1]["pts_nanos"] - frames[0]["pts_nanos"]) / 1e9
    print(f"{len(frames)} frames, {seconds:.1f} s; a face in {seen} of them ({100 * seen / len(frames):.0f}%)")
    faces = {span: [face for frame in part for face in frame["faces"]] for span, part in spans(frames).items()}
    faces = {span: found for span, found in faces.items() if found}
    if not faces:
        print("No face, so nothing to tell.")
        return
    table("action units, mean p", {
        span: means(found, lambda face: {name: score["p"] for name, score in face["action_units"].items()})
        for span, found in faces.items()
    })
    table("expression, mean p", {span: means(found, lambda face: face["expression"]["p"]) for span, found in faces.items()})
    print("\nstrongest edges (-> excites, -| inhibits)")
    for span, found in faces.items():
        for key in ("au_au", "au_expression"):
            print(f"  {span:<14}{edges(found, key) or 'none'}")


if __name__ == "__main__":
    main()
