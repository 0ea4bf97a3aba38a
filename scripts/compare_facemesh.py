"""Reads a video with MediaPipe's FaceMesh and with `edge-daemon bench` by turns, on the same cores, and prints
frames per second of both and their ratio.

Both decode the file themselves, with models that are loaded and warm. FaceMesh is timed from opening the file, the
daemon from its first frame, to the result of the last one. FaceMesh tracks one face and gives 468 landmarks; the daemon
gives whatever its bundle and
configuration say, and its records as JSON.

  pip install mediapipe==0.10.14 opencv-python-headless==5.0.0.93
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

EXAMPLES = """examples:
  python scripts/compare_facemesh.py face.mp4
  python scripts/compare_facemesh.py face.mp4 --daemon target/release/edge-daemon --rounds 5 --cores 0,1
  python scripts/compare_facemesh.py face.mp4 --config edge.toml"""


def facemesh(video):
    """Frames per second, and faces per frame."""
    import cv2
    import mediapipe

    settings = {"static_image_mode": False, "max_num_faces": 1, "refine_landmarks": False}
    with mediapipe.solutions.face_mesh.FaceMesh(**settings) as mesh:
        # Once over all of it, to be warm.
        for _ in range(2):
            start, faces, frames = time.perf_counter(), 0, 0
            capture = cv2.VideoCapture(video)
            while True:
                ok, frame = capture.read()
                if not ok:
                    break
                result = mesh.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
                faces += bool(result.multi_face_landmarks)
                frames += 1
            took = time.perf_counter() - start
    if frames == 0:
        sys.exit(f"{video}: cannot be read")
    return {"rate": frames / took, "faces": faces / frames}


def one_facemesh(arguments):
    command = [sys.executable, __file__, arguments.video, "--only-facemesh"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def one_daemon(arguments):
    command = [arguments.daemon, "bench", "--input", arguments.video, "--loops", "1", "--json"]
    for flag in ("bundle", "config"):
        if getattr(arguments, flag):
            command += [f"--{flag}", getattr(arguments, flag)]
    quiet = {**os.environ, "RUST_LOG": "error"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet)
    case = json.loads(done.stdout)["cases"][0]
    return {"rate": case["frames_per_sec"], "faces": case["faces"] / max(case["frames"], 1)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video")
    parser.add_argument("--daemon", default="edge-daemon")
    parser.add_argument("--bundle", help="as for edge-daemon")
    parser.add_argument("--config", help="as for edge-daemon")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", help="numbers of the cores that both may use, with commas between")
    parser.add_argument("--only-facemesh", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only_facemesh:
        print(json.dumps(facemesh(arguments.video)))
        return
    if arguments.cores:
        os.sched_setaffinity(0, {int(core) for core in arguments.cores.split(",")})
    rates = {"FaceMesh": [], "edge-daemon": []}
    print("round  FaceMesh  edge-daemon  ratio   (frames/s)")
    for number in range(arguments.rounds):
        mesh, daemon = one_facemesh(arguments), one_daemon(arguments)
        a, b = mesh["rate"], daemon["rate"]
        rates["FaceMesh"].append(a)
        rates["edge-daemon"].append(b)
        print(f"{number + 1:>5}  {a:>8.1f}  {b:>11.1f}  {b / a:>5.2f}", flush=True)
    a, b = (statistics.median(rates[who]) for who in ("FaceMesh", "edge-daemon"))
    print(f"median {a:>7.1f}  {b:>11.1f}  {b / a:>5.2f}")
    faces = f"FaceMesh {mesh['faces']:.2f}, edge-daemon {daemon['faces']:.2f}"
    print(f"faces per frame: {faces}; {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    main()
