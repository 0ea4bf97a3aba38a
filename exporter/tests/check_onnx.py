"""Checks every ONNX model of a folder with the official checker, shapes included.

Usage: check_onnx.py FOLDER. Prints how many models are valid, or the first fault.
"""

import pathlib
import sys

import onnx


def main() -> int:
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    for file in files:
        try:
            onnx.checker.check_model(onnx.load(file), full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as fault:
            print(f"{file.name}: {fault}")
            return 1
    print(f"{len(files)} models are valid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
