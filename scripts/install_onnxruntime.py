"""Puts the ONNX Runtime library into .local/onnxruntime/lib, out of PyPI's wheel.

The wheel's hash is pinned in scripts/onnxruntime.txt. Does nothing when the pinned version is there.
Any wheel for this processor will do: the library in it does not depend on the Python version.
"""

import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = ROOT / "scripts" / "onnxruntime.txt"
FOLDER = ROOT / ".local" / "onnxruntime"
LIBRARY = FOLDER / "lib" / "libonnxruntime.so"
STAMP = FOLDER / "pin.txt"


def download(folder: Path) -> Path:
    """The pinned wheel, its hash checked by pip."""
    machine = platform.machine()
    tags = [f"--platform=manylinux_2_{glibc}_{machine}" for glibc in (28, 27, 17)]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary=:all:", "--require-hashes", "--python-version=3.12", *tags,
         f"--dest={folder}", f"--requirement={PIN}"],
        check=True,
    )
    return next(folder.glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> None:
    """The shared libraries and the licence of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            file = Path(name)
            if file.match("onnxruntime/capi/libonnxruntime*.so*"):
                target = folder / "lib" / file.name
            elif file.name in ("LICENSE", "ThirdPartyNotices.txt"):
                target = folder / file.name
            else:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    libraries = list((folder / "lib").glob("libonnxruntime.so.*"))
    if len(libraries) != 1:
        sys.exit(f"setup: expected one library in {wheel.name}, found {[file.name for file in libraries]}")
    (folder / "lib" / LIBRARY.name).symlink_to(libraries[0].name)


def main() -> None:
    """Downloads and unpacks, unless the pinned version is in place."""
    if LIBRARY.exists() and STAMP.exists() and STAMP.read_text() == PIN.read_text():
        return
    if sys.platform != "linux":
        sys.exit("setup: the wheel is for Linux; elsewhere, point ORT_DYLIB_PATH at your ONNX Runtime library")
    print(f"setup: fetching ONNX Runtime into {FOLDER.relative_to(ROOT)}", flush=True)
    FOLDER.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
        unpacked = Path(scratch) / "onnxruntime"
        unpack(download(Path(scratch)), unpacked)
        shutil.copy(PIN, unpacked / STAMP.name)
        shutil.rmtree(FOLDER, ignore_errors=True)
        unpacked.rename(FOLDER)


if __name__ == "__main__":
    main()
