"""The record of a run: what a checkpoint holds, and what the result reports."""

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from suite.protocol.artefacts import Trajectory

MEASURED = ("loss_d", "loss_g", "gradient_norm")


@dataclass
class Progress:
    """The record of a run so far.

    update: generator updates done.
    seconds: time they took.
    pending: values of `MEASURED` (losses of both players, norm of the generator's gradient) at
        the updates since the last record.
    records: iteration, seconds and the means of `MEASURED` since the record before.
    snapshots, moments: rows generated from the fixed latents, and after how many updates.
    """

    update: int = 0
    seconds: float = 0.0
    pending: list[list[float]] = field(default_factory=list)
    records: list[list[float]] = field(default_factory=list)
    snapshots: list[np.ndarray] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)

    def record(self) -> None:
        """Append the means of the pending values as a record, and clear them."""
        means = np.mean(self.pending, axis=0)
        self.records.append([self.update, self.seconds, *means.tolist()])
        self.pending = []

    def history(self) -> list[dict[str, float]]:
        """The records in the form of `suite.protocol.method.Result.history`."""
        names = ("iteration", "seconds", *MEASURED)
        return [
            dict(zip(names, [int(record[0]), *record[1:]], strict=True)) for record in self.records
        ]

    def trajectory(self) -> Trajectory:
        """The snapshots in the form of `suite.protocol.method.Result.trajectory`."""
        return Trajectory(np.stack(self.snapshots), np.array(self.moments, np.int64))

    def arrays(self) -> dict[str, np.ndarray]:
        """The record as named arrays, for a checkpoint."""
        return {name: np.array(value) for name, value in vars(self).items()}

    @staticmethod
    def of(arrays: dict[str, np.ndarray]) -> "Progress":
        """The inverse of `arrays`."""
        progress = Progress(**{name: array.tolist() for name, array in arrays.items()})
        progress.snapshots = list(arrays["snapshots"])
        return progress


def packed(value: Any) -> np.ndarray:
    """Tensors in nested dicts and lists as one uint8 array."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def unpacked(data: np.ndarray, where: torch.device) -> Any:
    """The inverse of `packed`, with every tensor on one device."""
    return torch.load(io.BytesIO(data.tobytes()), map_location=where, weights_only=True)


def generator_states() -> list[torch.Tensor]:
    """States of PyTorch's random generators: the CPU's, and the GPU's if there is one."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state()] if torch.cuda.is_available() else states


def set_generator_states(states: list[torch.Tensor]) -> None:
    """Restore the states that `generator_states` returned."""
    torch.set_rng_state(states[0].cpu())
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1].cpu())
