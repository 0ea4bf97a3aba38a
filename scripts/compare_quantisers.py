#!/usr/bin/env python3
"""ONNX Runtime's own static quantiser beside `calibration quantise`, on the same faces.

    calibration quantise --bundle models/default --data data/crops --out out/int8
    scripts/compare_quantisers.py models/default out/int8/bundle data/crops

Both take their ranges from the same 512 training faces. Printed per model: mean F1 of action units at the
bundle's thresholds, on calibrated probabilities where it has a calibration, and accuracy of the expression on the test part, mean and largest
change of a probability, share of faces with another expression, size, and how many times faster than floats
it is on one thread (median; each time the fastest of five calls in turn).

Needs the Python packages onnx, onnxruntime, numpy and sympy.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FACES = 512
REPEATS = 30


def load(folder, split):
    """Pixels [N, S, S, 3] and labels of one part of a data set of crops."""
    header = json.loads((folder / "dataset.json").read_text())
    shape = (-1, header["height"], header["width"], 3)
    pixels = np.concatenate([np.fromfile(folder / it["file"], np.uint8).reshape(shape) for it in header["shards"]])
    samples = [json.loads(line) for line in (folder / "samples.jsonl").open()]
    samples = sorted((it for it in samples if it["split"] == split), key=lambda it: it["image"])
    return pixels[[it["image"] for it in samples]], samples


class Faces(CalibrationDataReader):
    def __init__(self, pixels):
        self.batches = iter([{"face": pixels[first : first + 8]} for first in range(0, len(pixels), 8)])

    def get_next(self):
        return next(self.batches, None)


def theirs(source, folder, pixels, method):
    """All convolutions and what lies between them. It refuses the products, whose biases have two axes."""
    prepared, quantised = folder / "prepared.onnx", folder / f"{method.name}.onnx"
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    nodes = onnx.load(prepared).graph.node
    last = max(place for place, node in enumerate(nodes) if node.op_type == "Conv")
    kinds = ["Conv", "Add", "Relu"]
    quantize_static(
        prepared,
        quantised,
        Faces(pixels),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=method,
        op_types_to_quantize=kinds,
        nodes_to_quantize=[node.name for node in nodes[: last + 2] if node.op_type in kinds],
    )
    return quantised


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def say(path, pixels):
    model = session(path)
    names = ["au_prob", "expression_prob"]
    parts = [model.run(names, {"face": pixels[first : first + 32]}) for first in range(0, len(pixels), 32)]
    return [np.concatenate(part) for part in zip(*parts)]


def f1(model, samples, units):
    scores, units = [], units.copy()
    maps = model.get("calibration", {}).get("action_units", {})
    for place, unit in enumerate(model["action_units"]):
        units[:, place] = np.interp(units[:, place], *zip(*maps[unit])) if unit in maps else units[:, place]
        cases = [(p, it["action_units"][unit]["on"]) for p, it in zip(units[:, place], samples) if unit in it["action_units"]]
        on, true = (np.array(it) for it in zip(*((p >= model["thresholds"].get(unit, 0.5), on) for p, on in cases)))
        if true.any() and not true.all():
            scores.append(2 * (on & true).sum() / (on.sum() + true.sum()))
    return np.mean(scores)


def ratio(before, after, pixels):
    models = [session(before), session(after)]

    def call(model):
        start = time.perf_counter()
        model.run(None, {"face": pixels})
        return time.perf_counter() - start

    times = [np.min([[call(model) for model in models] for _ in range(5)], axis=0) for _ in range(REPEATS)]
    return np.median([before / after for before, after in times])


def main():
    before, after, data = (Path(it) for it in sys.argv[1:4])
    model = next(it for it in json.loads((before / "bundle.json").read_text())["models"] if it["role"] == "affect")
    training, _ = load(data, "train")
    training = training[np.arange(FACES) * len(training) // FACES]
    pixels, samples = load(data, "test")
    shown = np.array([model["expressions"].index(it["expression"]) for it in samples])
    source = before / model["file"]
    with tempfile.TemporaryDirectory() as folder:
        files = {"floats": source, "ours": after / model["file"]}
        for method in (CalibrationMethod.MinMax, CalibrationMethod.Percentile, CalibrationMethod.Entropy):
            files[f"ORT {method.name}"] = theirs(source, Path(folder), training, method)
        units, expressions = say(source, pixels)
        print("model             F1  accuracy  mean dp   max dp  labels  bytes    x1    x8")
        for name, file in files.items():
            own = say(file, pixels)
            apart = np.abs(np.concatenate([own[0] - units, own[1] - expressions], axis=1))
            labels = (own[1].argmax(1) != expressions.argmax(1)).mean()
            times = [ratio(source, file, pixels[:batch]) for batch in (1, 8)]
            print(
                f"{name:15} {f1(model, samples, own[0]):.4f}  {(own[1].argmax(1) == shown).mean():.4f}   {apart.mean():.5f}"
                f"  {apart.max():.4f}  {labels:.4f}  {file.stat().st_size}  {times[0]:.2f}  {times[1]:.2f}"
            )


if __name__ == "__main__":
    main()
