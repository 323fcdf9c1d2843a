"""Features of image sets, each computed once."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from suite.protocol.artefacts import digest_of
from suite.protocol.metric import EXTRACTORS, Extractor, Weights
from suite.running.content import joined, source_of
from suite.running.files import held, read_arrays, write_arrays


@dataclass
class Features:
    """A cache of features, keyed by extractor, its code and weights, and the images.

    folder: where features are kept on disk; None keeps them in memory only.
    paths: extractor -> file of weights that the user chose.
    weights: extractor -> its weights, of those used so far.
    arithmetic: extractor -> device and precision, of those used so far that can use a GPU.
    """

    folder: Path | None = None
    paths: dict[str, Path] = field(default_factory=dict)
    weights: dict[str, Weights | None] = field(default_factory=dict)
    arithmetic: dict[str, dict[str, str]] = field(default_factory=dict)
    _memory: dict[str, np.ndarray] = field(default_factory=dict)

    def embed(self, name: str, images: np.ndarray) -> np.ndarray:
        """Features of uint8 images [N, H, W, C] by extractor `name`, float32 [N, d]."""
        extractor = EXTRACTORS.lookup(name)
        if name not in self.weights:
            fetch = extractor.weights
            self.weights[name] = fetch(self.paths.get(name)) if fetch else None
        weights = self.weights[name]
        code = joined(source_of(EXTRACTORS.module_of(name)))
        identity: list[object] = [name, code, weights and weights.sha256, digest_of(images)]
        if extractor.arithmetic:
            self.arithmetic[name] = extractor.arithmetic()
            identity.append(self.arithmetic[name])
        key = f"{name}-{hashlib.sha256(repr(identity).encode()).hexdigest()[:24]}"
        if key not in self._memory:
            self._memory[key] = self._stored(key, extractor, images)
        return self._memory[key]

    def _stored(self, key: str, extractor: Extractor, images: np.ndarray) -> np.ndarray:
        weights = self.weights[extractor.name]
        if self.folder is None:
            return extractor.embed(images, weights)
        path = self.folder / f"{key}.npz"
        # Jobs that need the same features compute them once.
        with held(self.folder / f".{key}.lock"):
            if not path.exists():
                write_arrays(path, {"features": extractor.embed(images, weights)})
        return read_arrays(path, "features")["features"]
