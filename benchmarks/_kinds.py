"""Kinds of copies, and kinds of other images, for `benchmarks.copies`.

A kind takes pictures, uint8 [N, H, W, C], and a random stream, and changes each picture by its own
random draws. Images move by at most an eighth of the side.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import affine_transform, gaussian_filter

Rows = np.ndarray
Rng = np.random.Generator
One = Callable[[np.ndarray, Rng], np.ndarray]


def u8(rows: np.ndarray) -> np.ndarray:
    """The rows rounded, clipped to [0, 255] and converted to uint8."""
    return np.asarray(np.clip(np.rint(rows), 0, 255).astype(np.uint8))


def _warp(image: np.ndarray, scale: float, angle: float, move: np.ndarray) -> np.ndarray:
    """The image enlarged about its centre, turned [degrees] and moved; edges are repeated."""
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / scale
    middle = (np.array(image.shape[:2]) - 1) / 2
    offset = middle - matrix @ (middle + move)
    channels = [
        affine_transform(image[..., c].astype(float), matrix, offset, order=1, mode="nearest")
        for c in range(image.shape[2])
    ]
    return np.stack(channels, axis=2)


def _scaled(scale: float) -> One:
    return lambda image, _: _warp(image, scale, 0, np.zeros(2))


def _turned(image: np.ndarray, rng: Rng) -> np.ndarray:
    return _warp(image, 1, rng.uniform(-8, 8), np.zeros(2))


def _cropped(image: np.ndarray, rng: Rng) -> np.ndarray:
    side = image.shape[0]
    return _warp(image, 8 / 7, 0, rng.uniform(-side / 16, side / 16, 2))


def _moved(mode: str) -> One:
    def move(image: np.ndarray, rng: Rng) -> np.ndarray:
        side = image.shape[0]
        most = int(side / 8 + 0.5)
        padded = np.pad(image, ((most, most), (most, most), (0, 0)), mode=mode)  # type: ignore[call-overload]
        top, left = rng.integers(0, 2 * most + 1, 2)
        return np.asarray(padded[top : top + side, left : left + side])

    return move


def _picture(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)


def _array(picture: Image.Image) -> np.ndarray:
    rows = np.asarray(picture)
    return rows[..., None] if rows.ndim == 2 else rows


def _jpeg(quality: int) -> One:
    def save(image: np.ndarray, _: Rng) -> np.ndarray:
        buffer = io.BytesIO()
        _picture(u8(image)).save(buffer, "JPEG", quality=quality)
        return _array(Image.open(buffer))

    return save


def _halved(image: np.ndarray, _: Rng) -> np.ndarray:
    half = (image.shape[1] // 2, image.shape[0] // 2)
    small = _picture(image).resize(half, Image.Resampling.BOX)
    return _array(small.resize(image.shape[1::-1], Image.Resampling.BILINEAR))


def _lighter(image: np.ndarray, rng: Rng) -> np.ndarray:
    return np.asarray(image + rng.choice([-1, 1]) * rng.uniform(20, 64))


def _contrast(least: float, most: float) -> One:
    return lambda image, rng: image.mean() + (image - image.mean()) * rng.uniform(least, most)


def _gamma(image: np.ndarray, rng: Rng) -> np.ndarray:
    return np.asarray(255 * (image / 255) ** np.exp(rng.uniform(-0.7, 0.7)))


def _saturation(image: np.ndarray, rng: Rng) -> np.ndarray:
    grey = image.mean(axis=2, keepdims=True)
    return np.asarray(grey + (image - grey) * rng.uniform(0, 2))


def _noisy(image: np.ndarray, rng: Rng) -> np.ndarray:
    return image + rng.normal(0, 0.08 * 255, image.shape)


def _blurred(deviation: float) -> One:
    sides = (deviation, deviation, 0)
    return lambda image, _: np.asarray(gaussian_filter(image.astype(float), sides))


def _mixture(image: np.ndarray, rng: Rng) -> np.ndarray:
    moved = _moved("edge")(image, rng)
    seen = moved[:, ::-1] if rng.random() < 0.5 else moved
    shade = _contrast(0.7, 1.3)(seen, rng) + rng.uniform(-30, 30)
    return _jpeg(50)(u8(shade + rng.normal(0, 0.04 * 255, image.shape)), rng)


def _cut_out(image: np.ndarray, rng: Rng) -> np.ndarray:
    side = image.shape[0]
    top, left = rng.integers(0, side + 1, 2) - side // 4
    holed = image.copy()
    holed[max(top, 0) : top + side // 2, max(left, 0) : left + side // 2] = 0
    return holed


COPIES: dict[str, One] = {
    "as it is": lambda image, _: image,
    "moved, edges repeated": _moved("edge"),
    "moved, black coming in": _moved("constant"),
    "mirrored": lambda image, _: image[:, ::-1],
    "lighter or darker by 20 to 64 of 255": _lighter,
    "contrast times 0.4 to 1.6": _contrast(0.4, 1.6),
    "gamma of 0.5 to 2": _gamma,
    "saturation times 0 to 2": _saturation,
    "noise of 0.08": _noisy,
    "JPEG, quality 40": _jpeg(40),
    "JPEG, quality 15": _jpeg(15),
    "enlarged by 1.12": _scaled(1.12),
    "shrunk by 1.12": _scaled(1 / 1.12),
    "cropped to 7/8 anywhere": _cropped,
    "turned by up to 8 degrees": _turned,
    "blurred, deviation 1": _blurred(1),
    "at half the resolution": _halved,
    "moved, mirrored, shaded, noisy, JPEG": _mixture,
    "a quarter cut out": _cut_out,
}
"""Kind of copy -> the change of a training image."""


def each(change: One, rows: Rows, rng: Rng) -> Rows:
    """The change applied to every row."""
    return np.stack([u8(change(row, rng)) for row in rows])


def copies(training: Rows, count: int, rng: Rng) -> dict[str, Rows]:
    """`count` rows of each kind of copy; changes of saturation only for colour images."""
    rows = training[np.arange(count) % len(training)]
    kinds = {k: v for k, v in COPIES.items() if rows.shape[3] > 1 or "saturation" not in k}
    return {name: each(change, rows, rng) for name, change in kinds.items()}


def _ramps(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]] / (shape[0] - 1) - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(angle) * y + np.sin(angle) * x)[..., None] * rng.uniform(-1, 1, shape[2])
    return u8(127 + 180 * ramp)


def _collages(training: Rows, count: int, rng: Rng) -> Rows:
    """The quarters of four training images each."""
    four = training[np.stack([rng.choice(len(training), 4, replace=False) for _ in range(count)])]
    rows, (down, right) = four[:, 0].copy(), (side // 2 for side in training.shape[1:3])
    rows[:, :down, right:] = four[:, 1][:, :down, right:]
    rows[:, down:, :right] = four[:, 2][:, down:, :right]
    rows[:, down:, right:] = four[:, 3][:, down:, right:]
    return rows


def _normal(training: Rows, count: int, rng: Rng) -> Rows:
    """Normal samples with the mean and the covariance of the training images."""
    flat = training.reshape(len(training), -1).astype(float)
    mean = flat.mean(axis=0)
    _, lengths, axes = np.linalg.svd(flat - mean, full_matrices=False)
    draws = rng.normal(size=(count, len(lengths))) * lengths / len(flat) ** 0.5
    return u8((mean + draws @ axes).reshape(-1, *training.shape[1:]))


def _alike(training: Rows, new: Rows) -> Rows:
    """The mean of the eight training images nearest to each new one."""
    flat, other = (rows.reshape(len(rows), -1).astype(float) for rows in (training, new))
    gaps = np.square(other).sum(1)[:, None] + np.square(flat).sum(1) - 2 * other @ flat.T
    return u8(training[np.argsort(gaps, axis=1)[:, :8]].mean(axis=1))


def others(training: Rows, new: Rows, rng: Rng) -> dict[str, Rows]:
    """As many rows as `new` has, of each kind of image that is not a copy."""
    count, shape = len(new), new.shape[1:]
    flat = np.broadcast_to(rng.integers(0, 256, (count, 1, 1, shape[2])), new.shape)
    mean = np.broadcast_to(training.mean(axis=0), new.shape)
    return {
        "new": new,
        "new, moved": each(_moved("edge"), new, rng),
        "new, mirrored": new[:, :, ::-1],
        "new, noise of 0.08": each(_noisy, new, rng),
        "new, JPEG of quality 15": each(_jpeg(15), new, rng),
        "new, contrast times 0.3": each(_contrast(0.3, 0.3), new, rng),
        "new, blurred, deviation 1": each(_blurred(1), new, rng),
        "new, blurred, deviation 2": each(_blurred(2), new, rng),
        "white": np.full_like(new, 255),
        "black": np.zeros_like(new),
        "one colour": u8(flat),
        "one colour, faint noise": u8(flat + rng.normal(0, 3, new.shape)),
        "the mean image": u8(mean),
        "the mean image, noise": u8(mean + rng.normal(0, 10, new.shape)),
        "noise": u8(rng.integers(0, 256, new.shape)),
        "ramps": np.stack([_ramps(shape, rng) for _ in range(count)]),
        "means of eight alike": _alike(training, new),
        "collages of four": _collages(training, count, rng),
        "normal samples": _normal(training, count, rng),
    }


def between(training: Rows, count: int, rng: Rng) -> dict[str, Rows]:
    """Neither copies nor new: one training image over another, each at half its contrast."""
    two = training[np.stack([rng.choice(len(training), 2, replace=False) for _ in range(count)])]
    return {"two training images, half and half": u8(two.mean(axis=1))}
