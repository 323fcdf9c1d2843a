"""The rates of methods and metrics: those of the suite, and those measured on this machine."""

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
"""Whether on a GPU -> file in resources/, and the machine on which it was measured."""
HERE = "this machine"


@dataclass(frozen=True)
class Rate:
    """The speed of one kind of work.

    fixed: time of a pass that does not depend on its size [s].
    each: time of a pass for each unit of size [s].
    start: time before the first pass, for imports and compilation [s].
    whose: the machine on which it was measured.
    """

    fixed: float
    each: float
    start: float
    whose: str = ""

    def seconds(self, work: Work, times: int = 1) -> float:
        """Time of a job that does the work `times` times, one after another [s].

        >>> Rate(fixed=0.01, each=0.02, start=5.0).seconds(Work(iterations=100, steps=2, size=1.0))
        11.0
        """
        passes = times * work.iterations * work.steps
        return self.start + passes * (self.fixed + self.each * work.size)


Rates = dict[tuple[str, str], Rate]
"""(method, or `EMBED` or `JOB`; `images`, `points` or "") -> its rate."""


def own_rates(on_gpu: bool = False) -> Path:
    """The file with the rates of this machine's CPU or GPU."""
    return cache_folder() / SHIPPED[on_gpu][0]


def read_rates(path: Path, whose: str = "") -> Rates:
    """The rates in a CSV file, none if it does not exist; InputError if it has other columns."""
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
        raise InputError(f"{path}: is not a table of rates ({error}): delete it") from error


def known_rates(on_gpu: bool = False) -> Rates:
    """The rates measured on this machine, otherwise those that come with the suite.

    on_gpu: for methods and metrics that run on a GPU. `JOB` is always a CPU rate.
    """
    path, whose = SHIPPED[on_gpu]
    rates = read_rates(ROOT / "resources" / path, whose) | read_rates(own_rates(on_gpu), HERE)
    if on_gpu:
        rates[JOB, ""] = known_rates()[JOB, ""]
    return rates
