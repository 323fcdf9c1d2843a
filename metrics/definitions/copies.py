"""Copies: the share of generated images that are changed or unchanged training images.

A copy may be moved by up to an eighth of the side, mirrored, lighter or darker, of other contrast
or colour, noisy, compressed, blurred, slightly enlarged, cropped or turned. Let c1 and c2 be the
correlation of an image with the best and the second-best training image (`metrics.correlation`).
Its score is

    (1 - c1)^(3/2) / (1 - c2).

It is small if the image is near to one training image, and much nearer to it than to any other. The
distance 1 - c1 alone would miss distorted copies in a set whose images are all alike. A ratio alone
would miss copies of images that the training set has twice (Carlini et al., 2023, divide by the
mean over more neighbours; Alaa et al., 2022, by the distance between training images). Empty
images, means and noise correlate with one training image as little as with the next.

The threshold of the score comes from new images: held-out ones or, if these are few, training
images, each compared with the others. 2 % of the new images fall below it, or one of them if there
are fewer than 50. This rate is subtracted from the value, and determines the interval
(`metrics.shares`). So new images have the value 0 within its error, however alike the images of a
set are. If new images are hardly different from training images (a set that has most images twice,
say), copies cannot be told from new images, and the interval is wide.

The metric misses copies of flat images, and copies with a quarter covered. Tests of whole sets
(C_T, Meehan et al., 2020; FLD, Jiralerspong et al., 2023) answer another question: whether samples
are nearer to the training images than new ones are, not how many are copies. Distances of pixels or
features miss some of the changes (`python -m benchmarks copies`).
"""

from dataclasses import dataclass

import numpy as np

from metrics.correlation import Matches, match
from metrics.neighbours import distinct
from metrics.shares import Calibration, Share, share_of
from suite.protocol.artefacts import digest_of
from suite.protocol.metric import Metric, Pair, Value
from suite.running.errors import InputError

RATE = 0.02
"""The share of new images that fall below the threshold."""
ENOUGH = 49
"""Fewest new images of which a share of `RATE` is one image."""
MOST = 1024
"""Largest number of held-out images that are used."""
_NEAR = 1e-4


@dataclass(frozen=True)
class Threshold:
    """A score below `score` is that of a copy.

    calibration: the rate of new images below it. source: `heldout` or `train`, where the new images
    come from. rows: their number.
    """

    score: float
    calibration: Calibration
    source: str
    rows: int


def scores(matches: Matches) -> np.ndarray:
    """(1 - c1)^(3/2) / (1 - c2), float64 [N]; 1e-4 is added to both distances."""
    near, second = (1 - c + _NEAR for c in (matches.nearest, matches.second))
    return np.asarray(near**1.5 / second)


def threshold(training: np.ndarray, new: np.ndarray | None) -> Threshold:
    """The threshold for copies of `training` [n, H, W, C], all of them different.

    new: held-out images [m, H, W, C], if there are any.

    Raises:
        InputError: fewer than three training images, and no held-out ones.
    """
    held = 0 if new is None else min(len(new), MOST)
    if new is not None and (held >= ENOUGH or held >= len(training)):
        found, source = scores(match(new[:held], training)), "heldout"
        rows, independent = held, 1.0
    elif len(training) < 3:
        raise InputError(
            "without held-out images, the metric copies needs at least three different training "
            f"images, not {len(training)}: give more, or {ENOUGH} held-out images, or leave it out"
        )
    else:
        found, source = scores(match(training, training, own=True)), "train"
        # Low scores come in pairs: two training images that are nearest to each other have both.
        rows, independent = len(training), 0.5
    rank = max(1, int(RATE * (rows + 1)))
    calibration = Calibration(independent * rank, independent * (rows - rank + 1))
    return Threshold(float(np.sort(found)[rank - 1]), calibration, source, rows)


_known: dict[tuple[str, str | None], Threshold] = {}


def _threshold_of(training: np.ndarray, new: np.ndarray | None) -> Threshold:
    """`threshold`, computed once per process: snapshots and runs share it."""
    key = digest_of(training), None if new is None else digest_of(new)
    if key not in _known:
        _known[key] = threshold(training, new)
    return _known[key]


@dataclass(frozen=True)
class Judged:
    """The result for N samples.

    kept: positions of the distinct training images among those given. training: these images.
    matches: the best of them for each sample. scores: float64 [N]. hits: bool [N], whether a sample
    is called a copy. limit: the threshold. share: the share of copies.
    """

    kept: np.ndarray
    training: np.ndarray
    matches: Matches
    scores: np.ndarray
    hits: np.ndarray
    limit: Threshold
    share: Share

    def position(self, row: int) -> int:
        """Position of a sample's training image among those given."""
        return int(self.kept[self.matches.index[row]])


def judge(samples: np.ndarray, training: np.ndarray, new: np.ndarray | None) -> Judged:
    """Which samples are copies of training images.

    samples, training, new: uint8 [N, H, W, C], [n, H, W, C], [m, H, W, C].

    Raises:
        InputError: see `threshold`.
    """
    kept = distinct(training)
    training = training[kept]
    limit = _threshold_of(training, new)
    matches = match(samples, training)
    found = scores(matches)
    hits = found < limit.score
    share = share_of(int(hits.sum()), len(hits), limit.calibration)
    return Judged(kept, training, matches, found, hits, limit, share)


def share_of_copies(pair: Pair) -> Value:
    """The share of copies among the generated images. The details are:

    interval: the 95 % interval of the share. copies: whether it lies above 0. doubt: the p-value of
    no copies. hits: number of images called copies. new: share of new images called copies.
    calibrated: `heldout` or `train`, where the new images come from. calibrated_rows: their number.
    """
    judged = judge(pair.generated, pair.reference, pair.new)
    share, limit = judged.share, judged.limit
    details = {
        "interval": [share.low, share.high],
        "copies": share.low > 0,
        "doubt": share.doubt,
        "hits": int(judged.hits.sum()),
        "new": limit.calibration.rate,
        "calibrated": limit.source,
        "calibrated_rows": limit.rows,
    }
    return Value(share.value, share.error, details)


COPIES = Metric(
    name="copies",
    title="Copies",
    about="Sees copies that were moved, mirrored, lighter, noisy, compressed, blurred, slightly "
    "enlarged, cropped or turned. Misses copies of flat images, and copies with a quarter covered. "
    "The rate at which new images look like copies is subtracted.",
    unit="share of generated images",
    range=(0, 1),
    better="neither",
    reference="train",
    minimum=3,
    compute=share_of_copies,
    side=8,
    shows="copies",
    references=(
        (
            "Carlini et al., 2023",
            "distance relative to other neighbours",
            "https://arxiv.org/abs/2301.13188",
        ),
        ("Alaa et al., 2022", "authenticity", "https://arxiv.org/abs/2102.08921"),
    ),
)
