"""The autoencoder's loss against scikit-image."""

import jax.numpy as jnp
import numpy as np
from skimage.metrics import structural_similarity as oracle

from gantk.autoencoder import structural_similarity


def test_structural_similarity_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    a = rng.random((2, 20, 28, 1))
    b = np.clip(a + rng.normal(0, 0.1, a.shape), 0, 1)
    options = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
    expected = np.mean([oracle(x[..., 0], y[..., 0], **options) for x, y in zip(a, b, strict=True)])
    np.testing.assert_allclose(structural_similarity(jnp.asarray(a), jnp.asarray(b)), expected)
