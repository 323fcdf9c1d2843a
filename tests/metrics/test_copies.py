"""Copies: the correlation beside plain loops, what is found and what is not, false accusations."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import affine_transform, gaussian_filter
from scipy.stats import betabinom, binom, binomtest
from typer.testing import CliRunner

from metrics import changes, correlation
from metrics.__main__ import app
from metrics.changes import CHANGES, Change, moves_of
from metrics.correlation import match
from metrics.definitions.copies import COPIES, judge, scores, threshold
from metrics.inputs import write_sheet
from metrics.shares import LEVEL, Calibration, nodes_of, share_of
from suite.protocol.metric import Pair
from suite.protocol.seeds import stream
from suite.running.errors import InputError


def _u8(rows):
    return np.clip(np.rint(rows), 0, 255).astype(np.uint8)


def _band(image):
    """B of an image [H, W, C], with SciPy's filters."""
    fine, coarse = (
        gaussian_filter(image, (d, d, 0), mode="nearest") for d in (changes.FINE, changes.COARSE)
    )
    return fine - coarse


def _changed(image, change):
    seen = image[:, ::-1] if change.mirrored else image
    angle, middle = np.deg2rad(change.angle), (np.array(image.shape[:2]) - 1) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turn /= change.scale
    warped = [
        affine_transform(seen[..., c], turn, middle - turn @ middle, order=1, mode="nearest")
        for c in range(image.shape[2])
    ]
    return gaussian_filter(np.stack(warped, axis=2), (change.blur, change.blur, 0), mode="nearest")


def _cut(image, move):
    """The part of a moved image that is inside the frame."""
    height, width = image.shape[:2]
    return image[
        max(-move[0], 0) : height - max(move[0], 0), max(-move[1], 0) : width - max(move[1], 0)
    ]


def _normalised(x, y):
    faint = correlation.FAINT * np.sqrt(x.size)
    return (x * y).sum() / max(np.linalg.norm(x), faint) / max(np.linalg.norm(y), faint)


def _best(x, t):
    """The equation, for one pair of images."""
    x, t = x / 255, t / 255
    found = []
    for move in moves_of(*x.shape[:2]):
        here = _cut(_band(x), (-move[0], -move[1]))
        found += [_normalised(here, _cut(_band(_changed(t, change)), move)) for change in CHANGES]
        for seen in (t, t[:, ::-1]):
            black = np.zeros_like(t)
            part = _cut(seen, move)
            top, left = max(move[0], 0), max(move[1], 0)
            black[top : top + part.shape[0], left : left + part.shape[1]] = part
            found.append(_normalised(_band(x), _band(black)))
    return max(found)


@pytest.mark.parametrize("shape", [(10, 12, 1), (9, 8, 3)])
def test_the_correlation_is_that_of_plain_loops(shape):
    rng = stream("test:correlation", 0)
    smooth = [gaussian_filter(rng.uniform(0, 255, shape), (1, 1, 0)) * 2 - 127 for _ in range(5)]
    images, training = _u8(np.stack(smooth[:2])), _u8(np.stack(smooth[2:]))
    images[1] = np.roll(training[1], 1, axis=0)
    matches = match(images, training)
    expected = np.sort([[_best(x, t) for t in training] for x in images], axis=1)
    assert np.allclose(matches.nearest, expected[:, -1], atol=1e-4)
    assert np.allclose(matches.second, expected[:, -2], atol=1e-4)


def _jpeg(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0]).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))[..., None]


def _resized(image, scale):
    turn = np.eye(2) / scale
    middle = np.full(2, (len(image) - 1) / 2)
    return affine_transform(image[..., 0], turn, middle - turn @ middle, order=1)[..., None]


CHANGED = {
    "as it is": lambda x, _: x,
    "moved": lambda x, _: np.pad(x, ((4, 0), (0, 3), (0, 0)))[:28, 3:],
    "mirrored": lambda x, _: x[:, ::-1],
    "lighter": lambda x, _: x + 60.0,
    "of less contrast": lambda x, _: 100 + 0.3 * x,
    "noisy": lambda x, rng: x + rng.normal(0, 20, x.shape),
    "compressed": lambda x, _: _jpeg(x, 30),
    "blurred": lambda x, _: gaussian_filter(x.astype(float), (1, 1, 0)),
    "enlarged": lambda x, _: _resized(x, 1.12),
    "moved, mirrored, noisy, compressed": lambda x, rng: _jpeg(
        _u8(np.roll(x[:, ::-1], 2, axis=1) * 0.8 + rng.normal(20, 10, x.shape)), 50
    ),
}


@pytest.fixture(scope="module")
def digits():
    from suite.running.files import read_arrays
    from suite.running.provenance import ROOT

    return read_arrays(ROOT / "resources/mnist/mnist.npz")["train_images"][..., None]


def test_copies_are_found_whatever_was_done(digits):
    """All kinds are judged at once, which costs as much as one."""
    rng, training = stream("test:copies", 0), digits[:48]
    kinds = [_u8(np.stack([made(x, rng) for x in training[:10]])) for made in CHANGED.values()]
    judged = judge(np.concatenate(kinds), training, digits[100:180])
    hits, index = (rows.reshape(-1, 10) for rows in (judged.hits, judged.matches.index))
    for what, found, best in zip(CHANGED, hits, index, strict=True):
        assert found.sum() >= 9, what
        assert np.array_equal(best[found], np.flatnonzero(found)), what
    assert judged.share.low > 0.9


def test_what_was_done_is_told(digits):
    training = digits[:8]
    samples = np.stack(
        [np.roll(training[0, :, ::-1], (2, -1), (0, 1)), _resized(training[1], 1.12)]
    )
    matches = match(samples, training)
    told = [CHANGES[change] for change in matches.change]
    assert told == [Change(mirrored=True), Change(scale=1.12)]
    assert matches.move.tolist() == [[2, -1], [0, 0]]


def _mixed(training):
    return (training.astype(int) + np.roll(training, 1, axis=0).astype(int)) // 2


PLAIN = {
    "black": lambda new, _, __: new * 0,
    "white": lambda new, _, __: new * 0 + 255,
    "nearly white": lambda new, _, rng: 252 + rng.normal(0, 3, new.shape),
    "noise": lambda new, _, rng: rng.integers(0, 256, new.shape),
    "the mean": lambda new, training, _: np.repeat(training.mean(0)[None], len(new), axis=0),
    "means of two": lambda new, training, _: _mixed(training)[: len(new)],
    "new": lambda new, _, __: new,
    "new, blurred": lambda new, _, __: gaussian_filter(new.astype(float), (0, 1.5, 1.5, 0)),
    "new, moved": lambda new, _, __: np.roll(new, (3, -2), (1, 2)),
    "new, faint": lambda new, _, __: 120 + 0.1 * new,
}


@pytest.mark.parametrize("background", ["black", "white"])
def test_what_is_no_copy_is_not_called_one(digits, background):
    rng, (training, held, fresh) = stream("test:plain", 0), np.split(digits[:168], [48, 128])
    kinds = [_u8(made(fresh, training, rng)) for made in PLAIN.values()]
    sets = [np.concatenate(kinds), training, held]
    judged = judge(*([255 - rows for rows in sets] if background == "white" else sets))
    for what, found in zip(PLAIN, judged.hits.reshape(len(PLAIN), -1), strict=True):
        share = share_of(int(found.sum()), len(found), judged.limit.calibration)
        assert share.low == 0, what
        assert found.mean() < 0.1, what


@pytest.mark.parametrize("new", [True, False])
def test_new_images_are_called_copies_at_the_rate_that_is_said(digits, new):
    """With thresholds from held-out and from training images, on two subsets."""
    hits, expected, variance = 0, 0.0, 0.0
    for first in (0, 1024):
        training, held, fresh = np.split(digits[first : first + 280], [48, 108])
        limit = threshold(training, held if new else None)
        assert limit.source == ("heldout" if new else "train")
        hits += int((scores(match(fresh, training)) < limit.score).sum())
        rate = limit.calibration.rate
        expected += rate * len(fresh)
        variance += rate * len(fresh) + (limit.calibration.deviation * len(fresh)) ** 2
    assert abs(hits - expected) < 2.5 * variance**0.5


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (3, 10), (10, 10), (40, 256)])
def test_the_interval_is_clopper_and_pearsons_where_no_new_image_looks_like_a_copy(hits, rows):
    share = share_of(hits, rows, Calibration(1, 1e9))
    exact = binomtest(hits, rows).proportion_ci(LEVEL, "exact")
    assert (share.low, share.high) == pytest.approx((exact.low, exact.high), abs=1e-6)
    assert share.value == pytest.approx(hits / rows)


@pytest.mark.parametrize(("rank", "new"), [(1, 16), (2, 100), (20, 1024)])
@pytest.mark.parametrize("rows", [8, 64])
def test_the_interval_covers_and_new_samples_are_seldom_called_copies(rank, new, rows):
    calibration = Calibration(rank, new - rank + 1)
    shares = [share_of(hits, rows, calibration) for hits in range(rows + 1)]
    chance = betabinom.pmf(np.arange(rows + 1), rows, calibration.alpha, calibration.beta)
    assert sum(chance[[share.low > 0 for share in shares]]) <= (1 - LEVEL) / 2 + 1e-3
    for true in (0.0, 0.05, 0.5, 0.9, 1.0):
        covered = np.array([share.low <= true <= share.high for share in shares])
        rates = true + (1 - true) * nodes_of(calibration)[:, None]
        assert (binom.pmf(np.arange(rows + 1), rows, rates) @ covered).mean() > LEVEL - 1e-3


def test_copies_need_training_images_that_differ(digits):
    with pytest.raises(InputError, match="three different training images, not 2"):
        judge(digits[:4], digits[[5, 6, 5]], None)
    judged = judge(digits[:4], digits[[5, 0, 5, 0]], digits[100:200])
    assert judged.hits.tolist() == [True, False, False, False]
    assert judged.position(0) == 1


def test_nearly_equal_training_images_do_not_hide_a_copy(digits):
    training = digits[:48].copy()
    training[1] = training[0]
    training[1, 3, 3] ^= 8
    assert judge(training[[0, 5]], training, digits[100:180]).hits.all()


def test_large_images_are_compared_when_reduced(digits):
    large = np.kron(digits[:8], np.ones((1, 3, 3, 1), np.uint8))
    small = match(digits[2:4], digits[:8])
    matches = match(large[2:4], large)
    assert np.array_equal(matches.index, small.index) and matches.nearest.min() > 0.999


def test_the_metric_says_how_sure_it_is(digits):
    pair = Pair(digits[:16], digits[:48], None, 0, lambda *_: np.zeros(0), digits[100:180])
    value = COPIES.compute(pair)
    assert value.value == 1 and value.details["copies"] and value.details["hits"] == 16
    assert value.details["calibrated"] == "heldout" and value.details["new"] == 1 / 81
    low, high = value.details["interval"]
    assert 0.75 < low < high == 1


def test_the_command_tells_copies_and_draws_them(digits, tmp_path):
    write_sheet(tmp_path / "samples.png", np.roll(digits[:20], 2, axis=1))
    write_sheet(tmp_path / "train.png", digits[:40])
    words = ["copies", "samples.png", "--train", "train.png", "--out", "pairs.png"]
    done = CliRunner().invoke(app, [str(tmp_path / w) if "." in w else w for w in words])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["copies"] and report["share"] == 1 and report["interval"][1] == 1
    assert all(pair["sample"] == pair["train"] for pair in report["pairs"])
    assert all(pair["done"] == ["moved 2 down"] for pair in report["pairs"])
    assert Image.open(tmp_path / "pairs.png").width > 400
    write_sheet(tmp_path / "samples.png", digits[100:110])
    done = CliRunner().invoke(app, [str(tmp_path / w) if "." in w else w for w in words])
    assert [pair["done"] for pair in json.loads(done.stdout)["pairs"] if not pair["copy"]]
    assert not any(pair["done"] for pair in json.loads(done.stdout)["pairs"] if not pair["copy"])
