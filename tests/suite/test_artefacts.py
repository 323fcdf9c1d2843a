"""Files between rooms: what is written can be read, and damage gives one sentence."""

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from suite.protocol.artefacts import Subset, Trajectory, check_data, load_samples, save_samples
from suite.running import files
from suite.running.digests import digest_file
from suite.running.errors import InputError
from suite.running.files import (
    read_arrays,
    read_json,
    read_text,
    write_arrays,
    write_artefact,
    write_json,
    write_text,
)


def images(n: int = 4) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 6, 5, 1), dtype=np.uint8)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def subset(data: np.ndarray) -> Subset:
    n = len(data)
    return Subset(data, np.zeros(n, np.int64), np.arange(n), "mnist", "train", 3)


@pytest.mark.parametrize("data", [images(), np.float32([[0.5, -1], [2, 3]])], ids=["images", "2-D"])
def test_subset_survives_the_disk(tmp_path: Path, data: np.ndarray) -> None:
    path = tmp_path / "deep" / "subset.npz"
    before = subset(data)
    before.save(path)
    after = Subset.load(path)
    np.testing.assert_array_equal(after.data, before.data)
    assert after.data.dtype == data.dtype
    assert (after.digest, after.dataset, after.split, after.seed) == (
        before.digest,
        "mnist",
        "train",
        3,
    )
    np.testing.assert_array_equal(after.indices, before.indices)


def test_same_rows_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        subset(images()).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_digest_tells_shape_and_type_apart() -> None:
    flat = np.zeros((2, 2, 2, 1), np.uint8)
    digests = {
        subset(data).digest
        for data in (flat, flat.reshape(2, 4, 1, 1), flat.view(np.int8), flat + np.uint8(1))
    }
    assert len(digests) == 4


@pytest.mark.parametrize("keep", [0, 10, 200, -1])
def test_truncated_file(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "subset.npz"
    subset(images()).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"subset\.npz") as caught:
        Subset.load(path)
    assert "again" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 50])
def test_file_that_is_no_npz(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "samples.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"samples\.npz"):
        load_samples(path)


def test_flipped_byte(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    save_samples(path, images(64))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    for match in ("has changed since it was written", "damaged"):
        with pytest.raises(InputError, match=match):
            load_samples(path)
        digest_file(path).unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["x.npz", "x.json", "x.csv"])
def test_another_content_is_seen_where_it_is_read(name: str, tmp_path: Path) -> None:
    """The new content is valid. In results of the workflow, the error says how to make it again."""
    home = tmp_path / "results" / "made"
    path = home / "runs" / name
    write, read = {
        "x.npz": (lambda: write_arrays(path, {"x": np.arange(3)}), read_arrays),
        "x.json": (lambda: write_json(path, {"x": 3}), read_json),
        "x.csv": (lambda: write_artefact(path, "x\n3\n"), read_text),
    }[name]
    write()
    before = read(path)
    if name == "x.npz":
        np.savez_compressed(path, x=np.arange(4))
    else:
        path.write_text(path.read_text().replace("3", "4"))
    own = f"delete it and make it again; if you changed it on purpose, delete {digest_file(path)}$"
    with pytest.raises(InputError, match=f"was written .*: {own}"):
        read(path)
    write_json(home / "config" / "all.json", {})
    remedy = rf"run `python -m suite verify {home} --mend`, then the workflow again"
    with pytest.raises(InputError, match=f"was written .*: {remedy}$"):
        read(path)
    path.unlink()
    with pytest.raises(InputError, match=f"no such file: {remedy}"):
        read(path)
    write()
    assert repr(read(path)) == repr(before)
    digest_file(path).unlink()
    assert repr(read(path)) == repr(before), "of an earlier version, without a digest"


def test_digests_are_those_of_sha256sum(tmp_path: Path) -> None:
    save_samples(tmp_path / "samples.npz", images())
    command = ["sha256sum", "--check", ".samples.npz.sha256"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "samples.npz: OK\n")


def test_pickled_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    np.savez(path, data=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="plain arrays"):
        load_samples(path)


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("data", lambda data: 255 - data, "do not match their digest"),
        ("labels", lambda labels: labels[:2], "labels must be 4 whole numbers"),
        ("indices", lambda indices: indices / 2, "indices must be 4 whole numbers"),
    ],
)
def test_arrays_that_do_not_fit_together(tmp_path: Path, name, change, sentence: str) -> None:
    path = tmp_path / "subset.npz"
    subset(images()).save(path)
    arrays = read_arrays(path)
    write_arrays(path, arrays | {name: change(arrays[name])})
    with pytest.raises(InputError, match=sentence):
        Subset.load(path)


def test_missing_array_names_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "subset.npz"
    save_samples(path, images())
    with pytest.raises(InputError, match=r"no array 'labels' \(only: data\)"):
        Subset.load(path)


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((2, 4, 4), np.uint8),
        np.zeros((2, 4, 4, 2), np.uint8),
        np.zeros((2, 4, 4, 1), np.float32),
        np.zeros((2, 3), np.float32),
        np.zeros((2, 2), np.float64),
        np.zeros((0, 4, 4, 1), np.uint8),
        np.float32([[0, np.nan]]),
        np.float32([[0, np.inf]]),
    ],
    ids=["3-D", "2 channels", "float images", "3-D points", "float64", "empty", "NaN", "infinite"],
)
def test_arrays_that_are_no_data(data: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"^here: "):
        check_data(data, "here")


def test_one_unnamed_array_is_the_samples_and_two_are_not(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, whatever=images())
    np.testing.assert_array_equal(load_samples(path), images())
    np.savez(path, a=images(), b=images())
    with pytest.raises(InputError, match=r"none of its arrays \(a, b\)"):
        load_samples(path)


def test_trajectory_survives_the_disk_and_needs_snapshots(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.npz"
    Trajectory(np.stack([images(), images()]), np.array([0, 5])).save(path)
    assert Trajectory.load(path).iterations.tolist() == [0, 5]
    Trajectory(np.stack([images()]), np.array([0, 5])).save(path)
    with pytest.raises(InputError, match=r"expected snapshots .* make it again"):
        Trajectory.load(path)


@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EDQUOT], ids=["full", "quota"])
def test_full_disk_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: int
) -> None:
    path = tmp_path / "samples.npz"
    save_samples(path, images())
    before = path.read_bytes()

    def half_written(target: Path, **arrays: np.ndarray) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(failure, os.strerror(failure))

    monkeypatch.setattr(files.np, "savez_compressed", half_written)
    with pytest.raises(InputError, match=r"samples\.npz: .*space"):
        save_samples(path, images(8))
    assert path.read_bytes() == before
    assert sorted(names(tmp_path)) == [".samples.npz.sha256", "samples.npz"]


def test_output_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write_text(tmp_path / "file" / "out.txt", "text")


def test_output_where_a_folder_stands(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(InputError, match=r"out\.json: is a folder"):
        write_json(tmp_path / "out.json", {})
    assert names(tmp_path) == ["out.json"]


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS], ids=["denied", "read-only"])
def test_unwritable_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(InputError, match=r"out\.json: .*(permission|read-only)"):
        write_json(tmp_path / "out.json", {})
    assert not names(tmp_path)


def test_json_holds_no_nan_and_reading_needs_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "run.json", {"loss": float("nan")})
    assert not names(tmp_path)
    (tmp_path / "run.json").write_text('{"half": ')
    with pytest.raises(InputError, match="not valid JSON"):
        read_json(tmp_path / "run.json")
