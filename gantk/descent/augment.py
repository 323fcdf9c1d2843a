"""Differentiable augmentation (Zhao et al., 2020): discriminators see only changed images.

Real and generated images are changed at random in every iteration, each by its own random draws. So
copies of the real images are no longer the only solution. The gradient passes through the change.
Changes are defined on pixels in [0, 1], where 0 is black, and may leave that range. Each change is
as large as in the authors' code, whose pixels are in [-1, 1]; but pixels that are moved in or cut
out are black here, and 0, a grey, there.
"""

from collections.abc import Callable, Collection

import jax
import jax.numpy as jnp

from suite.protocol.augmentation import reach


def colour(key: jax.Array, images: jax.Array) -> jax.Array:
    """Brightness + U(-0.25, 0.25); distance from the pixel's grey times U(0, 2), where there is
    colour; distance from the image's mean times U(0.5, 1.5)."""
    draws: jax.Array = jax.random.uniform(key, (3, len(images), 1, 1, 1), images.dtype)
    brightness, saturation, contrast = draws
    images = images + (brightness - 0.5) / 2
    if images.shape[-1] > 1:
        grey = images.mean(-1, keepdims=True)
        images = grey + 2 * saturation * (images - grey)
    mean: jax.Array = images.mean((1, 2, 3), keepdims=True)
    changed: jax.Array = mean + (contrast + 0.5) * (images - mean)
    return changed


def translation(key: jax.Array, images: jax.Array) -> jax.Array:
    """Moves by whole pixels, uniform within side / 8, rounded, on each axis; black comes in."""
    # A matrix of ones and zeros moves pixels exactly, and its derivative is no scatter.
    for axis, own in zip((1, 2), jax.random.split(key), strict=True):
        side = images.shape[axis]
        most = reach(side)
        move = jax.random.randint(own, (len(images), 1, 1), -most, most + 1)
        place = jnp.arange(side)
        moved = (place[:, None] - place[None, :] == move).astype(images.dtype)
        equation = "npq,nqwc->npwc" if axis == 1 else "npq,nhqc->nhpc"
        images = jnp.einsum(equation, moved, images)
    return images


def cutout(key: jax.Array, images: jax.Array) -> jax.Array:
    """A black rectangle of half the sides; its centre is uniform, so that it may hang over."""
    inside = jnp.ones((len(images), 1, 1, 1), bool)
    for axis, own in zip((1, 2), jax.random.split(key), strict=True):
        side = images.shape[axis]
        size = side // 2
        first = jax.random.randint(own, (len(images), 1), 0, side + 1) - size // 2
        place = jnp.arange(side)
        covered = (place >= first) & (place < first + size)
        inside &= jnp.expand_dims(covered, (3 - axis, 3))
    return jnp.where(inside, 0, images)


STEPS: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}
"""Name -> change, in the order in which they are applied, independent of the settings' order."""


def augment(
    key: jax.Array, images: jax.Array, names: Collection[str], black: float = 0.0
) -> jax.Array:
    """Images [n, H, W, C] changed at random; differentiable in them.

    names: of `STEPS`. black: the value of black pixels, 0 or -1; white ones are 1.
    """
    keys = jax.random.split(key, len(STEPS))
    unit = (images - black) / (1 - black)
    for own, (name, step) in zip(keys, STEPS.items(), strict=True):
        if name in names:
            unit = step(own, unit)
    return unit * (1 - black) + black
