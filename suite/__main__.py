"""Command line of what the rooms share: `python -m suite --help`."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from suite.planning.configuration import load_config
from suite.planning.cost import estimate, row_shapes
from suite.planning.explain import changes, compared, configuration_of, text_of, versions
from suite.planning.known import known_rates, own_rates
from suite.planning.rates import measure as measured
from suite.planning.rates import save_rates
from suite.planning.table import table
from suite.planning.verify import STATES, examine, mend
from suite.running.cli import make_app, run
from suite.running.cpu import available_cores
from suite.running.devices import asked
from suite.running.digests import check
from suite.running.driver import report
from suite.running.errors import InputError
from suite.running.files import cache_file
from suite.running.paths import CONFIG, SET_ASIDE

app = make_app(
    "suite",
    "Estimate the cost of a configuration, explain which jobs would run again, verify files, list "
    "GPUs.",
)

ConfigFile = Annotated[Path, typer.Argument(help="configuration (YAML or JSON)")]


@app.command()
def plan(
    config: ConfigFile,
    cores: Annotated[int | None, typer.Option(help="CPU cores; default: all", min=1)] = None,
    gpus: Annotated[int, typer.Option(help="number of GPUs", min=1)] = 1,
) -> None:
    """Print jobs, core-hours and GPU-hours by experiment, disk space and the expected duration."""
    found = load_config(config)
    items = estimate(found, row_shapes(found), known_rates(bool(asked(found.device))))
    print(table(items, cores or available_cores(), gpus))


@app.command()
def measure(
    config: ConfigFile,
    out: Annotated[Path | None, typer.Option(help="CSV to write; default: in the cache")] = None,
) -> None:
    """Measure the speed of a configuration's methods on this machine, which should be idle."""
    found = load_config(config)
    path = out or cache_file(own_rates(bool(asked(found.device))).name)
    save_rates(path, measured(found, row_shapes(found)))
    print(path)


@app.command("gpus")
def gpus_() -> None:
    """Print this machine's GPUs, and check that their driver supports what `make gpu` installs."""
    print(report())


@app.command()
def explain(
    results: Annotated[
        Path, typer.Argument(help="results/NAME; with OTHER: the folder of a part of a run")
    ],
    other: Annotated[Path | None, typer.Argument(help="another part to compare with")] = None,
    configfile: Annotated[
        list[Path] | None,
        typer.Option(help="as for snakemake; default: the one with this name here or in config/"),
    ] = None,
) -> None:
    """Print which jobs the workflow would run and why, or the differences between two runs."""
    if other is not None:
        same = "no difference in what decides a result"
        print("\n".join(compared(results, other) or [same]))
        return
    _check_folder(results)
    files = configfile or [configuration_of(results)]
    found = changes(results, files)
    print(f"{results}, by {', '.join(map(str, files))}: jobs that would run: {len(found)}")
    if found:
        print(text_of(found))
    for line in versions(results):
        print(f"no reason to run again: {line}")


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(help="folder of a reproduction, results/NAME")],
    config: Annotated[
        Path | None, typer.Option(help="its configuration; default: RESULTS/config/all.json")
    ] = None,
    mend_: Annotated[
        bool,
        typer.Option("--mend", help="move bad files to aside/, so the workflow makes them again"),
    ] = False,
) -> None:
    """Compare every file with its digest, and list missing, damaged and altered files."""
    _check_folder(results)
    path = config or results / CONFIG.format(scope="all")
    if not path.is_file():
        raise InputError(f"{path}: no such file: name the configuration with --config FILE")
    if config is None:
        check(path)
    chosen = load_config(path)
    found = examine(chosen, results)
    if mend_:
        mend(chosen, results, found)
    for name, state in found.faults.items():
        print(f"{state:<9}{results / name}")
    print(f"{results}: files by state")
    counts = Counter(found.states.values())
    for state, words in STATES.items():
        if counts[state]:
            print(f"{counts[state]:6}  {words}")
    if found.half_written:
        print(f"{len(found.half_written):6}  temporary files of killed jobs; --mend deletes them")
    again = f"snakemake --cores all --configfile {path}"
    if found.faults and not mend_:
        raise InputError(
            f"{results}: files are missing, damaged or altered ({len(found.faults)}): run "
            f"`python -m suite verify {results} --mend`, then `{again}` to make them again"
        )
    if found.faults:
        print(f"moved to {results / SET_ASIDE}; this command makes them again: {again}")


def _check_folder(results: Path) -> None:
    if not results.is_dir():
        raise InputError(f"{results}: no such folder: name one below results/")


if __name__ == "__main__":
    run(app)
