"""Copies: the share of generated images that are a training image, whatever was done to it.

A copy may be moved by up to an eighth of the side, mirrored, lighter or darker, of other contrast
or colour, noisy, compressed, blurred, slightly enlarged, cropped or turned. With c1 and c2 the
correlation of an image with the best and the second-best training image
(`metrics.correlation`), its score is

    (1 - c1)^(3/2) / (1 - c2),

small where it is near to one training image, and much nearer to it than to any other. The distance
alone misses spoilt copies where all images are alike, the ratio alone (Carlini et al., 2023, divide
by the mean over more neighbours; authenticity, Alaa et al., 2022, by the distance between training
images) those of images that the training set has twice. Images with nothing on them, means and
noise correlate as little with one training image as with the next.

What score a copy has is found from new images: held-out ones, or where these are few training
images, each compared with the others. The threshold is what 2 % of the new images fall below (the
best of them, if they are fewer than 50), and what the value is corrected for: see
`metrics.shares`, for the interval too. So the value of new images is 0 within its error, however
alike the images of a set are. Where a few new images are all but training images (the training set
has most of its images twice, in all but a pixel), copies cannot be told from new images, and
`interval` is wide: it never says more than the new images allow.

Not seen: copies of images that are flat all over, or have a quarter covered. Tests of whole sets
(C_T, Meehan et al., 2020; FLD, Jiralerspong et al., 2023) answer whether samples are nearer to
the training images than new ones are, not how many are copies; and all distances of pixels or
features are blind to some of the changes (`python -m benchmarks copies`).
"""

from dataclasses import dataclass

import numpy as np

from metrics.correlation import Matches, match
from metrics.shares import Calibration, Share, share_of
from suite.protocol.artefacts import digest_of
from suite.protocol.metric import Metric, Pair, Value
from suite.running.errors import InputError

RATE = 0.02
"""The share of new images that the threshold lets be called copies."""
ENOUGH = 49
"""New images from which the threshold can be exceeded at `RATE` at all."""
MOST = 1024
"""Held-out images that are used, at most."""
_NEAR = 1e-4


@dataclass(frozen=True)
class Threshold:
    """Scores below `score` are those of copies.

    calibration: how many new images fall below it. source: whether these were held out or
    training images. rows: how many there were.
    """

    score: float
    calibration: Calibration
    source: str
    rows: int


def scores(matches: Matches) -> np.ndarray:
    """(1 - c1)^(3/2) / (1 - c2), float64 [N]; 1e-4 is added to both distances."""
    near, second = (1 - c + _NEAR for c in (matches.nearest, matches.second))
    return np.asarray(near**1.5 / second)


def distinct(images: np.ndarray) -> np.ndarray:
    """Positions of the first of equal images [n, H, W, C], int64."""
    flat = images.reshape(len(images), -1)
    return np.sort(np.unique(flat, axis=0, return_index=True)[1])


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
            "copies can be told from new images by three training images that differ, not by "
            f"{len(training)}: give more, or {ENOUGH} held-out images, or leave the metric out"
        )
    else:
        found, source = scores(match(training, training, own=True)), "train"
        # Each of two training images that are nearest to each other makes the other's score, so
        # that low scores come in pairs.
        rows, independent = len(training), 0.5
    rank = max(1, int(RATE * (rows + 1)))
    calibration = Calibration(independent * rank, independent * (rows - rank + 1))
    return Threshold(float(np.sort(found)[rank - 1]), calibration, source, rows)


_known: dict[tuple[str, str | None], Threshold] = {}


def _threshold_of(training: np.ndarray, new: np.ndarray | None) -> Threshold:
    """`threshold`, once a process: snapshots of a run and several runs share it."""
    key = digest_of(training), None if new is None else digest_of(new)
    if key not in _known:
        _known[key] = threshold(training, new)
    return _known[key]


@dataclass(frozen=True)
class Judged:
    """What is known of each of N samples, and of all together.

    matches: the best training image of each, by its position among `training`, which are `kept` of
    those given. hits: bool [N], whether it is called a copy.
    """

    kept: np.ndarray
    training: np.ndarray
    matches: Matches
    scores: np.ndarray
    hits: np.ndarray
    limit: Threshold
    share: Share

    def position(self, row: int) -> int:
        """Where the training image of a sample stands among those given."""
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
    """The share of copies among the generated images, and in the details:

    interval: of the share, at 95 %. copies: whether it is above 0 beyond doubt. doubt: chance that
    new images alone would be called copies as often. hits: images called
    copies. new: the share of new images that are. calibrated: on `heldout` or `train` images.
    calibrated_rows: on how many.
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
    "enlarged, cropped or turned; misses copies of flat images, or with a quarter covered. The "
    "rate at which new images look like copies is taken off.",
    unit="share of generated images",
    range=(0, 1),
    better="neither",
    reference="train",
    data="images",
    minimum=3,
    extractor=None,
    compute=share_of_copies,
    side=8,
    copying=True,
)
