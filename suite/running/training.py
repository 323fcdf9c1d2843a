"""The commands of the rooms of methods: train, sample and walk."""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from suite.protocol.artefacts import PROTOCOL, Subset, load_samples, save_samples
from suite.protocol.method import METHODS, Job, Method, Result, S, square
from suite.protocol.registry import Registry
from suite.protocol.settings import files_of, parse, parse_pairs
from suite.running import files, finished, paths
from suite.running.checkpoint import Checkpoint, state_file, workflow_run
from suite.running.cli import make_app
from suite.running.content import files_digest, source_of
from suite.running.devices import ROOMS
from suite.running.errors import InputError
from suite.running.lease import lease
from suite.running.provenance import git_commit, machine, package_versions, peak_memory_mib


def history_text(history: list[dict[str, float]]) -> str:
    """A history as CSV, with numbers in full precision."""
    columns = list(history[0]) if history else ["iteration", "seconds"]
    return files.csv_text(columns, ([row[name] for name in columns] for row in history))


class Place(NamedTuple):
    """The paths of a part that a job trains.

    part: its number. out: the folder for its files. checkpoint: the path of its checkpoint, to
    which `suite.running.checkpoint.state_file` adds the version of the run.
    """

    part: int
    out: Path
    checkpoint: Path


def run_method(
    method: Method[S],
    source: Mapping[str, str],
    job: Job[S],
    places: Sequence[Place],
    *,
    checkpoint_every: float,
    framework: str,
) -> None:
    """Train each part in turn, on one device. job: its part and checkpoint are set by `places`.

    A part has samples, trajectory, history, run.json, and a model if the method has a generator.
    run.json is written last: if it exists, the part is complete and is not trained again. In a
    workflow the files are also kept beside the checkpoint (`suite.running.finished`), since
    Snakemake deletes the outputs of a killed job.
    """
    with lease(framework):
        for place in places:
            own = replace(job, part=place.part)
            identity = _identity(method, source, own)
            key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
            state = state_file(place.checkpoint, key)
            whole = finished.whole_folder(state)
            _refuse_other(place.out, identity)  # before the lock leaves a file
            with files.held(finished.lock_of(place.checkpoint)):
                _refuse_other(place.out, identity)  # it may have ended during the wait
                if finished.is_whole(place.out, identity):
                    print(f"part {place.part}: already finished", file=sys.stderr)
                else:
                    own = replace(own, checkpoint=Checkpoint(state, key, checkpoint_every))
                    _run_one(method, own, whole, identity)
                    finished.publish(whole, place.out)
            if not workflow_run():
                finished.forget(place.checkpoint)


def _identity(method: Method[S], source: Mapping[str, str], job: Job[S]) -> dict[str, Any]:
    """Everything that decides a result, as JSON values.

    The device is not part of it, although it changes the last digits: a run that was killed on a
    GPU may continue on a CPU. run.json records the device.
    """
    subset, named = job.subset, files_of(job.settings)
    return {
        "method": method.name,
        "settings": job.settings.model_dump(mode="json"),
        "data": {
            "dataset": subset.dataset,
            "n": len(subset.data),
            "shape": list(subset.data.shape[1:]),
            "split": subset.split,
            "digest": subset.digest,
            **({"notes": dict(subset.notes)} if subset.notes else {}),
        },
        "seeds": {"data": subset.seed, "training": job.seed, "part": job.part},
        "samples": job.samples,
        "protocol": PROTOCOL,
        "source": dict(source),
        **({"files": files_digest(named)} if named else {}),
    }


def _refuse_other(out: Path, identity: dict[str, Any]) -> None:
    """Raise InputError if `out` has a finished run of another identity."""
    record = finished.record_of(out)
    if record is not None and not finished.is_of(record, identity):
        raise InputError(
            f"{out}: holds another finished run: choose another --out, or add --overwrite"
        )


def _run_one(method: Method[S], job: Job[S], whole: Path, identity: dict[str, Any]) -> None:
    """Train a part and write its files into `whole`, unless they are there already."""
    if finished.is_whole(whole, identity):
        print(f"part {job.part}: already finished", file=sys.stderr)
    else:
        job.checkpoint.begin()
        result = method.train(job)
        shutil.rmtree(whole, ignore_errors=True)
        save_samples(whole / paths.SAMPLES, result.samples)
        result.trajectory.save(whole / paths.TRAJECTORY)
        files.write_artefact(whole / paths.HISTORY, history_text(result.history))
        if result.model is not None:
            files.write_arrays(whole / paths.MODEL, result.model)
        files.write_json(
            whole / paths.RECORD, identity | {"key": job.checkpoint.key} | _outcome(result)
        )
    job.checkpoint.clear()


def _outcome(result: Result) -> dict[str, Any]:
    seconds = result.history[-1]["seconds"] if result.history else 0.0
    iterations = int(result.trajectory.iterations[-1])
    return {
        "stop_reason": result.stop_reason,
        "iterations": iterations,
        "seconds": seconds,
        "iterations_per_second": iterations / seconds if seconds else None,
        "compile_seconds": result.compile_seconds,
        "peak_memory_mib": peak_memory_mib(),
        "device": result.device,
        "machine": machine(),
        "details": result.details,
        "packages": package_versions(),
        "commit": git_commit(),
    }


def _places(part: int, parts: int | None, out: Path, checkpoint: Path | None) -> list[Place]:
    """The paths of the parts of a command: `out` itself, or one folder in it for each part."""
    if parts is None:
        return [Place(part, out, checkpoint or out / "checkpoint.npz")]
    places = []
    for number in range(part, part + parts):
        own = out / paths.PART_NAME.format(part=number)
        state = checkpoint / f"{own.name}.npz" if checkpoint else own / "checkpoint.npz"
        places.append(Place(number, own, state))
    return places


def _check_room(room: str, name: str) -> None:
    """Refuse a method of another room, with the command that trains it."""
    for other, registry in METHODS.items():
        if other != room and name in registry.entries:
            raise InputError(f"{name} is a method of {other}: use `python -m {other} train {name}`")


def _finished(run: Path, registry: Registry[Method[S]]) -> tuple[Method[S], S]:
    """The method of a finished run, and its settings without those that no longer exist.

    Sampling uses the stored model, so settings that only affected training do not matter.
    """
    path = run / paths.RECORD
    record = files.read_json(path)
    method = registry.lookup(record["method"], str(path))
    known = method.settings.model_fields
    values = {name: value for name, value in record["settings"].items() if name in known}
    return method, parse(method.settings, values, str(path))


def _shape_of(run: Path) -> tuple[int, ...]:
    return load_samples(run / paths.SAMPLES).shape[1:]


def training_app(room: str, help: str) -> typer.Typer:
    """The command line of a room of methods: list, train, sample and walk."""
    registry = METHODS[room]
    app = make_app(room, help, registry)

    @app.command()
    def train(
        name: Annotated[str, typer.Argument(help="a registered method")],
        data: Annotated[
            Path, typer.Option(help="training subset, from `python -m datasets subset`")
        ],
        out: Annotated[Path, typer.Option(help="folder for the files of the run")],
        seed: Annotated[int, typer.Option(help="training seed", min=0)] = 0,
        part: Annotated[
            int, typer.Option(help="number of the independent solution [0, 1, ...]", min=0)
        ] = 0,
        parts: Annotated[
            int | None,
            typer.Option(
                help="number of solutions, trained one after another from --part on, each in "
                "OUT/partNUMBER; finished ones are kept",
                min=1,
            ),
        ] = None,
        samples: Annotated[
            int,
            typer.Option(help="samples to draw, if the method has a generator [images]", min=1),
        ] = 2048,
        settings: Annotated[str | None, typer.Option(help="settings as one JSON object")] = None,
        set_: Annotated[
            list[str] | None, typer.Option("--set", help="one setting, KEY=VALUE; repeatable")
        ] = None,
        checkpoint: Annotated[
            Path | None,
            typer.Option(
                help="checkpoint file; each version of the run has its own, NAME.KEY.npz for "
                "NAME.npz. With --parts: the folder for partNUMBER.KEY.npz; default: in the folder "
                "of the run"
            ),
        ] = None,
        checkpoint_every: Annotated[
            float,
            typer.Option(help="minimum time between checkpoints [s]", envvar="CHECKPOINT_EVERY"),
        ] = 30.0,
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="replace a finished run in OUT")
        ] = False,
    ) -> None:
        """Train a method on a subset."""
        places = _places(part, parts, out, checkpoint)
        _check_room(room, name)
        method = registry.lookup(name)
        resolved = parse_pairs(method.settings, settings, set_ or [], f"settings of {name}")
        source = source_of(registry.module_of(name))
        subset = Subset.load(data)
        if method.check is not None:
            method.check(resolved, subset.data.shape[1:], len(subset.data))
        out.mkdir(parents=True, exist_ok=True)
        for place in places if overwrite else ():
            (place.out / paths.RECORD).unlink(missing_ok=True)
        job = Job(subset, resolved, seed, part, samples)
        every, framework = checkpoint_every, ROOMS[room]
        run_method(method, source, job, places, checkpoint_every=every, framework=framework)

    @app.command()
    def sample(
        run: Annotated[Path, typer.Argument(help="folder of a run with a model.npz")],
        out: Annotated[Path, typer.Option(help="npz to write")],
        count: Annotated[int, typer.Option(help="samples to draw [images]", min=1)] = 2048,
        seed: Annotated[int, typer.Option(help="sampling seed")] = 0,
    ) -> None:
        """Draw more samples from the generator of a finished run."""
        method, settings = _finished(run, registry)
        if method.sample is None:
            raise InputError(
                f"{run}: {method.name} has no generator: for more samples train another --part"
            )
        model, shape = files.read_arrays(run / paths.MODEL), _shape_of(run)
        with lease(ROOMS[room]):
            save_samples(out, method.sample(model, settings, shape, count, seed))

    @app.command()
    def walk(
        run: Annotated[Path, typer.Argument(help="folder of a run with a model.npz")],
        out: Annotated[Path, typer.Option(help="npz to write")],
        side: Annotated[int, typer.Option(help="images on a side of the square", min=2)] = 12,
    ) -> None:
        """Draw images on a square in a latent space of two dimensions, row by row (Fig. 20)."""
        method, settings = _finished(run, registry)
        if method.generate is None or not settings.walkable:
            raise InputError(
                f"{run}: a walk needs a generator with a latent space of two dimensions: train one "
                "with --set latent=2"
            )
        model, shape = files.read_arrays(run / paths.MODEL), _shape_of(run)
        with lease(ROOMS[room]):
            save_samples(out, method.generate(model, settings, shape, square(side)))

    return app
