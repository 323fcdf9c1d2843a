"""Train the LeNet of the extractor `lenet`: `python -m resources.lenet.make FOLDER`.

FOLDER holds the four original MNIST files; all 60,000 training images are used, and the accuracy
on the 10,000 test images is stored beside the weights.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from datasets.sources.mnist import MnistSettings, open_mnist
from metrics.extractors.lenet import WEIGHTS
from metrics.lenet import LeNet, to_batch
from suite.protocol.seeds import integer_seed, stream
from suite.running.files import write_arrays

EPOCHS, BATCH, RATE = 12, 128, 2e-3


def _split(folder: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    rows = open_mnist(MnistSettings(source="folder", path=folder), split)
    return to_batch(rows.read(np.arange(len(rows.labels)))), torch.from_numpy(rows.labels)


def main(folder: Path) -> None:
    """Train, and write weights and test accuracy."""
    torch.manual_seed(integer_seed("lenet:start", 0))
    images, labels = _split(folder, "train")
    network = LeNet()
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    order = stream("lenet:order", 0)
    for epoch in range(EPOCHS):
        batches = torch.from_numpy(order.permutation(len(images))).split(BATCH)
        for rows in tqdm(batches, f"epoch {epoch + 1} of {EPOCHS}"):
            optimiser.zero_grad()
            F.cross_entropy(network(images[rows]), labels[rows]).backward()
            optimiser.step()
            schedule.step()
    images, labels = _split(folder, "heldout")
    with torch.inference_mode():
        accuracy = float((network(images).argmax(1) == labels).double().mean())
    print(f"test accuracy {accuracy:.4f}")
    arrays = {name: value.detach().numpy() for name, value in network.named_parameters()}
    write_arrays(WEIGHTS, arrays | {"accuracy": np.array(accuracy)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
