"""Drawing rows from a trained generator."""

import numpy as np
import torch
from torch import Tensor, nn

from baselines.reproducible import device, reproducible
from baselines.scaling import from_network
from suite.protocol.method import Model
from suite.protocol.seeds import stream
from suite.running.errors import InputError

CHUNK = 256


def latents(purpose: str, rows: int, size: int, *seeds: int) -> Tensor:
    """float32 [rows, size], standard normal (GA-NTK paper, Table 3), from a named stream."""
    return torch.from_numpy(stream(purpose, *seeds).standard_normal((rows, size), np.float32))


@torch.no_grad()
def generate(generator: nn.Module, inputs: Tensor) -> np.ndarray:
    """Generate one row per latent [N, latent]. Batch norm uses its running statistics.

    Returns uint8 images [N, H, W, C] or float32 points [N, 2].
    """
    where = next(generator.parameters()).device
    training = generator.training
    generator.eval()
    chunks = [from_network(generator(chunk.to(where))) for chunk in inputs.split(CHUNK)]
    generator.train(training)
    return np.concatenate(chunks)


def weights(generator: nn.Module) -> Model:
    """Parameters and buffers of a generator as arrays, by name: the model of a run."""
    return {name: value.detach().cpu().numpy() for name, value in generator.state_dict().items()}


def sample(generator: nn.Module, model: Model, size: int, count: int, seed: int) -> np.ndarray:
    """`count` rows from an untrained generator and the `weights` of a trained one.

    Raises:
        InputError: the arrays are not those of this generator.
    """
    try:
        generator.load_state_dict({name: torch.from_numpy(a) for name, a in model.items()})
    except RuntimeError as error:
        raise InputError(
            f"model.npz does not fit the settings of its run ({error}): train again"
        ) from error
    with reproducible("samples", seed):
        return generate(generator.to(device()), latents("sample latents", count, size, seed))
