"""Command line of what the rooms share: `python -m suite --help`."""

from pathlib import Path
from typing import Annotated

import typer

from suite.planning.checks import look, repeated
from suite.planning.configuration import Config, load_config
from suite.planning.cost import estimate, past_seconds
from suite.planning.explain import changes, compared, configuration_of, text_of, versions
from suite.planning.known import known_rates, own_rates
from suite.planning.rates import measure as measured
from suite.planning.rates import save_rates
from suite.planning.table import table
from suite.planning.verify import examine, mend
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
    "What a configuration costs, what would run again and why, which files are damaged; GPUs.",
)

ConfigFile = Annotated[Path, typer.Argument(help="a configuration")]


def _shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Row shapes of the datasets, known of those that have yet to be downloaded too."""
    there = {name: look(config, name) for name in config.datasets}
    for name, present in there.items():
        for sentence in repeated(name, present) if present else ():
            typer.echo(f"warning: {sentence}", err=True)
    return {
        name: config.kind(name).shape(config.source(name)) if present is None else present.shape
        for name, present in there.items()
    }


@app.command()
def plan(
    config: ConfigFile,
    cores: Annotated[int | None, typer.Option(help="as for snakemake; default: all", min=1)] = None,
    gpus: Annotated[int, typer.Option(help="GPUs that the jobs share out", min=1)] = 1,
    results: Annotated[Path, typer.Option(help="folder of finished runs")] = Path("results"),
) -> None:
    """Print jobs, core-hours and GPU-hours by experiment, disk and the end of the wait."""
    found = load_config(config)
    rates = known_rates(bool(asked(found.device)))
    items = estimate(found, _shapes(found), rates, past_seconds(results))
    print(table(items, cores or available_cores(), gpus))


@app.command()
def measure(
    config: ConfigFile,
    out: Annotated[Path | None, typer.Option(help="file; default: this machine's own")] = None,
) -> None:
    """Measure how fast this machine, or its GPU, runs the methods of a configuration: minutes."""
    found = load_config(config)
    path = out or cache_file(own_rates(bool(asked(found.device))).name)
    save_rates(path, measured(found, _shapes(found)))
    print(path)


@app.command("gpus")
def gpus_() -> None:
    """Print this machine's GPUs, and whether their driver serves what `make gpu` installs."""
    print(report())


@app.command()
def explain(
    results: Annotated[Path, typer.Argument(help="results/NAME; or a run's part, with OTHER")],
    other: Annotated[Path | None, typer.Argument(help="another part, to compare with")] = None,
    configfile: Annotated[
        list[Path] | None,
        typer.Option(help="as for snakemake; default: the one of this name here or in config/"),
    ] = None,
) -> None:
    """Print which jobs the workflow would run, and why; or what differs between two runs."""
    if other is not None:
        same = "no difference in what decides a result"
        print("\n".join(compared(results, other) or [same]))
        return
    if not results.is_dir():
        raise InputError(f"{results}: no such folder: name one below results/")
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
        typer.Option("--mend", help="move such files to aside/; the workflow makes them again"),
    ] = False,
) -> None:
    """Compare every file with its digest; name those that are missing, damaged or altered."""
    if not results.is_dir():
        raise InputError(f"{results}: no such folder: name one below results/")
    path = config or results / CONFIG.format(scope="all")
    if not path.is_file():
        raise InputError(f"{path}: no such file: name the configuration with --config FILE")
    if config is None:
        check(path)
    chosen = load_config(path)
    found = examine(chosen, results)
    if mend_:
        mend(chosen, results, found)
    for fault in found.faults:
        print(f"{fault.what:<9}{results / fault.path}")
    kinds = [fault.what for fault in found.faults]
    counts = [
        (found.whole, "as written"),
        (kinds.count("missing"), "missing"),
        (kinds.count("damaged"), "damaged: cannot be read"),
        (kinds.count("altered"), "altered: can be read, but the content is not what was written"),
        (found.unrecorded, "readable, without a digest to compare with (an earlier version's)"),
        (found.unmade, "not made yet"),
        (len(found.half_written), "temporary, left by killed jobs; --mend deletes them"),
    ]
    print(f"{results}: files by state")
    print("\n".join(f"{count:6}  {text}" for count, text in counts if count))
    again = f"snakemake --cores all --configfile {path}"
    if found.faults and not mend_:
        number = "1 file is" if len(found.faults) == 1 else f"{len(found.faults)} files are"
        raise InputError(
            f"{results}: {number} missing, damaged or altered: run "
            f"`python -m suite verify {results} --mend`, then `{again}`, which makes them again"
        )
    if found.faults:
        print(f"moved to {results / SET_ASIDE}; this command makes them again: {again}")


if __name__ == "__main__":
    run(app)
