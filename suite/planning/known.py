"""Known rates: those that come with the suite, and those that were measured on this machine."""

import csv
from dataclasses import dataclass
from pathlib import Path

from suite.protocol.method import Work
from suite.running.errors import InputError
from suite.running.files import cache_folder
from suite.running.provenance import ROOT

EMBED, JOB = "embed", "job"
"""Names of two rates beside those of methods: embedding an image, and a job without training."""
SHIPPED = {
    False: ("rates.csv", "one thread of an AMD EPYC"),
    True: ("rates-gpu.csv", "an NVIDIA H200, GANs without CUDA graphs (resources/README.md)"),
}
"""Whether on a GPU -> file in resources/, and the machine that it was measured on."""
HERE = "this machine"


@dataclass(frozen=True)
class Rate:
    """The speed of one kind of work.

    fixed: seconds of a pass that do not depend on its size. each: seconds of a pass for each unit
    of size. start: seconds before the first pass, with imports and compilation. whose: the machine
    that it was measured on.
    """

    fixed: float
    each: float
    start: float
    whose: str = ""

    def seconds(self, work: Work) -> float:
        """Time of a whole job.

        >>> Rate(fixed=0.01, each=0.02, start=5.0).seconds(Work(iterations=100, steps=2, size=1.0))
        11.0
        """
        return self.start + work.iterations * work.steps * (self.fixed + self.each * work.size)


def own_rates(on_gpu: bool = False) -> Path:
    """The file with the rates of this machine, or of its GPU."""
    return cache_folder() / SHIPPED[on_gpu][0]


def read_rates(path: Path, whose: str = "") -> dict[tuple[str, str], Rate]:
    """Rates by (name, data); InputError where the file is no table of rates."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return {
                (line["name"], line["data"]): Rate(
                    float(line["fixed"]), float(line["each"]), float(line["start"]), whose
                )
                for line in csv.DictReader(file)
            }
    except FileNotFoundError:
        return {}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no table of rates ({error}): delete it") from error


def known_rates(on_gpu: bool = False) -> dict[tuple[str, str], Rate]:
    """The rates of this machine where it has been measured, otherwise the shipped ones.

    on_gpu: rates of methods and metrics on a GPU. Jobs without a GPU keep their CPU rate.
    """
    path, whose = SHIPPED[on_gpu]
    rates = read_rates(ROOT / "resources" / path, whose) | read_rates(own_rates(on_gpu), HERE)
    if on_gpu:
        rates[JOB, ""] = known_rates()[JOB, ""]
    return rates
