"""Rows of datasets that are read as a whole."""

from collections.abc import Sequence

import numpy as np

from suite.protocol.source import Rows


def of_classes(images: np.ndarray, labels: np.ndarray, classes: Sequence[int] | None) -> Rows:
    """The rows with a label among `classes`; None takes all.

    images: uint8 [N, H, W, C]. labels: integers [N].
    """
    if classes is not None:
        keep = np.isin(labels, classes)
        images, labels = images[keep], labels[keep]
    return Rows(labels.astype(np.int64), images.__getitem__)
