"""Check that this machine's driver and GPUs can run the CUDA that `make gpu` installs."""

import re
import subprocess

from suite.running.devices import PATIENCE, listed
from suite.running.errors import InputError

DRIVER = (580, 65, 6)
"""The oldest Linux driver for CUDA 13.0, which PyTorch's wheels and requirements-gpu.lock need."""
CAPABILITY = (7, 5)
"""The oldest generation that CUDA 13 supports: Turing. The paper's V100 is 7.0."""
NEEDS = (
    f"driver {'.'.join(f'{part:02}' for part in DRIVER)} or newer and a GPU of compute capability "
    f"{'.'.join(map(str, CAPABILITY))} or more"
)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text))


def report() -> str:
    """A line for each GPU: name, driver, compute capability. Without a GPU: what one would need.

    Raises:
        InputError: the driver or a GPU is too old.
    """
    gpus, reason = listed()
    if not gpus:
        return f"no GPU was found here ({reason}); machines with GPUs need {NEEDS}"
    query = ["nvidia-smi", "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, timeout=PATIENCE, check=False)
    found = [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines()]
    if done.returncode or not all(len(cells) == 3 for cells in found):
        said = (done.stdout or done.stderr).strip().partition("\n")[0]
        raise InputError(f"nvidia-smi says: {said}: update the driver; CUDA 13 needs {NEEDS}")
    for name, driver, capability in found:
        if _numbers(driver) < DRIVER:
            raise InputError(f"driver {driver} is too old for CUDA 13: install {NEEDS}")
        if _numbers(capability) < CAPABILITY:
            raise InputError(f"{name} has compute capability {capability}: CUDA 13 needs {NEEDS}")
    return "\n".join(
        f"{name}: driver {driver}, compute capability {capability}"
        for name, driver, capability in found
    )
