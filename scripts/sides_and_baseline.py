"""Measures what the edge daemon says of a face's sides and of its change from rest, on synthetic people.

Needs numpy and onnxruntime. Truth is the generator's; left and right are the subject's.

  sides     data sets of `synth interventions --what symmetry` or `synth crops`, and the affect model:
            how often the half of the face that does more has the higher probability (chimeras as in
            align/src/chimera.rs), AUC of a side's probability, candidates for a symmetry score,
            and all of it by head yaw
  baseline  a set of `synth clips --kind lab --video` and a folder with the daemon's records, one
            CLIP.jsonl each: AUC of p and of p minus a baseline, pooled over persons; a baseline is
            learned from the first half of a person's clips and judged on the second
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

EXAMPLES = """examples:
  synth interventions --what symmetry --identities 60 --steps 6 --seed 4711 --out sym
  synth interventions --what symmetry --identities 60 --steps 6 --varied --seed 4712 --out varied
  synth crops --count 12000 --persons 600 --seed 4713 --out crops
  python scripts/sides_and_baseline.py sides --ramps sym varied
  python scripts/sides_and_baseline.py sides --limit 8000 crops
  synth clips --kind lab --count 240 --persons 40 --seconds 8 --fps 15 --video --seed 4715 --out clips
  mkdir records; for clip in clips/*.mp4; do
    edge-daemon run --input $clip --output records/$(basename $clip .mp4).jsonl; done
  python scripts/sides_and_baseline.py baseline clips records"""

ACTIVE = 1.0  # least FACS intensity that counts as active
LANDMARKS = ["right_eye", "left_eye", "nose", "mouth_right", "mouth_left"]
# align::GENERIC_FACE_MM
FACE_MM = np.array([[-32, 0, 0], [32, 0, 0], [0, -34, 38], [-25, -70, 8], [25, -70, 8]], float)


def ranks(values):
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def auc(score, positive):
    """Area under the ROC curve; NaN where a class is missing."""
    n = positive.sum()
    if n == 0 or n == len(positive):
        return np.nan
    return (ranks(score)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n))


def spearman(a, b):
    return np.corrcoef(ranks(a), ranks(b))[0, 1]


class Affect:
    def __init__(self, bundle):
        import onnxruntime

        models = json.loads((bundle / "bundle.json").read_text())["models"]
        model = next(model for model in models if model["role"] == "affect")
        self.units = model["action_units"]
        self.session = onnxruntime.InferenceSession(bundle / model["file"])

    def __call__(self, crops):
        batches = [crops[at : at + 64] for at in range(0, len(crops), 64)]
        return np.concatenate([self.session.run(["au_prob"], {"face": b})[0] for b in batches])


def chimera(crops, side, ramp=0):
    """One half and its mirror image, `ramp` columns blended about the mid-line."""
    at = np.arange(crops.shape[2]) - (crops.shape[2] - 1) / 2
    own = np.clip(at / ramp + 0.5, 0, 1) if ramp else (at > 0).astype(float)
    own = (own if side == "left" else 1 - own)[None, None, :, None].astype(np.float32)
    return np.round(crops * own + crops[:, :, ::-1] * (1 - own)).astype(np.uint8)


def yaw_degrees(landmarks):
    """As align::head_pose."""
    face = FACE_MM - FACE_MM.mean(0)
    picture = landmarks * [1, -1]
    picture = picture - picture.mean(1, keepdims=True)
    camera = np.einsum("ij,nik->nkj", face @ np.linalg.inv(face.T @ face), picture)
    u, _, v = np.linalg.svd(camera, full_matrices=False)
    right, up = np.moveaxis(u @ v, 1, 0)
    return np.degrees(np.arcsin(np.clip(-np.cross(right, up)[:, 0], -1, 1)))


def read_set(folder, units, limit):
    header = json.loads((folder / "dataset.json").read_text())
    pixels = [np.fromfile(folder / shard["file"], np.uint8) for shard in header["shards"]]
    pixels = np.concatenate(pixels).reshape(-1, header["height"], header["width"], 3)[:limit]
    rows = [json.loads(line) for line in (folder / "samples.jsonl").open()][:limit]
    truth = {}
    for side in ["left", "right"]:
        labels = [[row["action_units"][unit] for unit in units] for row in rows]
        truth[side] = np.array([[l.get(side, l["intensity"]) for l in row] for row in labels])
    lateral = np.array(["left" in label for label in labels[0]])
    points = np.array([[r["faces"][0]["landmarks"][name] for name in LANDMARKS] for r in rows])
    done = [row["provenance"].get("done", {}).get("symmetry") for row in rows]
    return pixels, truth, lateral, points, None if None in done else np.array(done)


def symmetries(left, right, crops, points):
    """Candidates for a symmetry score, higher for more alike halves."""
    apart, most = np.abs(left - right), np.maximum(left, right)
    luma = crops[:, 28:100, 20:92].astype(np.float32).mean(3).reshape(len(crops), -1)
    mirror = crops[:, 28:100, 91:19:-1].astype(np.float32).mean(3).reshape(len(crops), -1)
    a, b = luma - luma.mean(1, keepdims=True), mirror - mirror.mean(1, keepdims=True)
    swapped = points[:, [1, 0, 2, 4, 3]] * [-1, 1] + [crops.shape[2], 0]
    active = most >= 0.3
    ratio = 1 - apart.sum(1) / np.maximum(most.sum(1), 1)
    correlation = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
    landmarks = -np.linalg.norm(points - swapped, axis=2).mean(1)
    return {
        "1 - mean |l-r| of active units": 1 - (apart * active).sum(1) / np.maximum(active.sum(1), 1),
        "1 - sum |l-r| / max(1, sum max)": ratio,
        "the same with squares": 1 - (apart**2).sum(1) / np.maximum((most**2).sum(1), 1),
        "crop ~ its mirror image": correlation,
        "landmarks": landmarks,
        "ratio + crop ~ mirror": ratio + correlation,
        "ratio + landmarks / 10": ratio + landmarks / 10,
    }


def sides(arguments):
    affect = Affect(arguments.bundle)
    for folder in arguments.sets:
        crops, truth, lateral, points, s = read_set(folder, affect.units, arguments.limit)
        print(f"\n{folder}: {len(crops)} crops")
        least, strongest = np.minimum(*truth.values()), np.maximum(*truth.values())
        one_sided = lateral & ((strongest >= 2) & (least < 0.01) if s is not None else strongest - least >= 1)
        direction = np.sign(truth["left"] - truth["right"])
        for ramp in [16, 8, 4, 0] if arguments.ramps else [0]:
            p = {side: affect(chimera(crops, side, ramp)) for side in truth}
            right_way = ((p["left"] - p["right"]) * direction > 0)[one_sided]
            print(f"ramp {ramp}: the stronger side is the higher one in {right_way.mean():.3f} of {len(right_way)}")
        whole = affect(crops)
        both, shown = np.concatenate([p["left"], p["right"]]), np.concatenate(list(truth.values()))
        for k in np.flatnonzero(lateral):
            rows = one_sided[:, k]
            rate = (((p["left"] - p["right"]) * direction)[rows, k] > 0).mean() if rows.any() else np.nan
            of_side, of_whole = (auc(x[:, k], shown[:, k] >= ACTIVE) for x in [both, np.tile(whole, (2, 1))])
            print(f"  {affect.units[k]} rate {rate:.3f} of {rows.sum()}, AUC of the side {of_side:.3f}, of the whole face {of_whole:.3f}")
        scores = symmetries(p["left"][:, lateral], p["right"][:, lateral], crops, points)
        if s is not None:
            for name, score in scores.items():
                print(f"  Spearman with s, over persons: {spearman(score, s):.3f}  {name}")
            continue
        yaw = np.abs(yaw_degrees(points))
        for low, high in [(0, 10), (10, 20), (20, 25), (25, 30), (30, 40), (40, 90)]:
            rows = (yaw >= low) & (yaw < high)
            right_way = ((p["left"] - p["right"]) * direction > 0)[rows][one_sided[rows]]
            of_side = [auc(np.concatenate([p[side][rows, k] for side in p]), np.concatenate([truth[side][rows, k] for side in p]) >= ACTIVE) for k in np.flatnonzero(lateral)]
            print(f"  yaw {low} to {high}: {rows.sum()} faces, rate {right_way.mean():.3f} of {len(right_way)}, AUC of the side {np.nanmean(of_side):.3f}")


def read_clips(clips, records):
    """Per person, per clip: probabilities, intensities, neutral expression."""
    people = defaultdict(list)
    for clip in map(json.loads, (clips / "clips.jsonl").open()):
        labels = [json.loads(line) for line in (clips / clip["frame_labels"]).open()]
        rows = []
        for record in map(json.loads, (records / f"{clip['clip']}.jsonl").open()):
            if record["kind"] != "frame" or not record["faces"]:
                continue
            face = max(record["faces"], key=lambda face: face["box"]["width"])
            units = face["action_units"]
            truth = labels[record["sequence"]]["action_units"]
            shown = [[units[unit]["p"], truth[unit]["intensity"]] for unit in units]
            rows.append((*np.array(shown).T, face["expression"]["p"]["neutral"]))
        people[clip["subject"]].append([np.array(column) for column in zip(*rows)])
    return list(units), [person for person in people.values() if len(person) > 1]


def baseline(arguments):
    units, people = read_clips(arguments.clips, arguments.records)

    def joined(clips, column):
        return np.concatenate([clip[column] for clip in clips])

    def mean_where(p, rows):
        return p[rows].mean(0) if rows.sum() >= 15 else np.zeros(p.shape[1])

    def at_rest(p, truth, neutral):
        """The truth: means over frames in which the unit rests."""
        return np.nanmean(np.where(truth < 0.3, p, np.nan), 0)

    kinds = {f"quantile {q}": lambda p, t, n, q=q: np.quantile(p, q, axis=0) for q in [0.05, 0.1, 0.2, 0.3, 0.5, 0.7]}
    for least in [0.3, 0.5, 0.7]:
        kinds[f"mean where neutral >= {least}"] = lambda p, t, n, least=least: mean_where(p, n >= least)
    for frames in [30, 60, 120, 240]:
        kinds[f"quantile 0.2 of {frames} frames"] = lambda p, t, n, frames=frames: np.quantile(p[:frames], 0.2, axis=0)
    rng = np.random.default_rng(1)
    for share in [0.4, 0.6, 0.75]:
        for q in [0.1, 0.2, 0.3, 0.5]:

            def busy(p, t, n, share=share, q=q):
                """As if every unit were active in `share` of the frames."""
                result = np.quantile(p, q, axis=0)
                for k in range(p.shape[1]):
                    on, off = np.flatnonzero(t[:, k] >= ACTIVE), np.flatnonzero(t[:, k] < ACTIVE)
                    if min(len(on), len(off)) >= 10:
                        rows = np.r_[rng.choice(on, int(400 * share)), rng.choice(off, 400 - int(400 * share))]
                        result[k] = np.quantile(p[rows, k], q)
                return result

            kinds[f"quantile {q}, active {share:.0%} of the time"] = busy
    kinds["truth: mean at rest"] = at_rest

    halves = [(person[: len(person) // 2], person[len(person) // 2 :]) for person in people]
    p = np.concatenate([joined(judged, 0) for _, judged in halves])
    active = np.concatenate([joined(judged, 1) for _, judged in halves]) >= ACTIVE
    judged_units = [k for k in range(len(units)) if active[:, k].sum() >= 20]

    def aucs(score):
        return np.array([auc(score[:, k], active[:, k]) for k in judged_units])

    before = aucs(p)
    print(f"{len(people)} persons, {len(p)} judged frames; p alone: mean AUC {before.mean():.3f}")
    for name, kind in kinds.items():
        change = []
        for learned, judged in halves:
            change.append(joined(judged, 0) - kind(*(joined(learned, column) for column in range(3))))
        after = aucs(np.concatenate(change))
        print(f"  {name}: {after.mean():.3f}, better in {(after > before).sum()} of {len(after)} units")
        if name == "quantile 0.2":
            print("   ", ", ".join(f"{units[k]} {b:.3f} to {a:.3f}" for k, b, a in zip(judged_units, before, after)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("sides")
    command.add_argument("sets", nargs="+", type=Path)
    command.add_argument("--bundle", type=Path, default=Path("models/default"))
    command.add_argument("--ramps", action="store_true", help="blend the seam over 4, 8 and 16 columns too")
    command.add_argument("--limit", type=int, help="the first images of each set only")
    command.set_defaults(run=sides)
    command = commands.add_parser("baseline")
    command.add_argument("clips", type=Path)
    command.add_argument("records", type=Path)
    command.set_defaults(run=baseline)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
