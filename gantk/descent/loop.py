"""The descent shared by every variant: iterations on the device, snapshots, stop rules, resume."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from gantk.backend import device_name, gpu_memory
from gantk.descent.optimiser import make_optimiser
from gantk.descent.programs import BUFFER, STOPS, Loss, Project, Runner, State
from gantk.settings import DescentSettings
from suite.protocol.artefacts import Trajectory
from suite.protocol.method import Result, StopReason, snapshot_iterations
from suite.running.checkpoint import Checkpoint


class Descent(NamedTuple):
    """What a descent leaves. History columns: iteration, seconds, loss, gradient_norm."""

    parameters: Any
    trajectory: Trajectory
    history: list[dict[str, float]]
    stop_reason: StopReason
    best_iteration: int
    compile_seconds: float

    def result(
        self,
        samples: np.ndarray,
        details: dict[str, Any],
        model: dict[str, np.ndarray] | None = None,
    ) -> Result:
        """What a method returns after this descent, with the device and its peak memory."""
        return Result(
            samples,
            self.trajectory,
            self.history,
            self.stop_reason,
            self.compile_seconds,
            device_name(),
            {**details, "best_iteration": self.best_iteration, **gpu_memory()},
            model,
        )


def _recorded(iteration: int) -> bool:
    """Whether the history keeps an iteration: every one of the first thousand, then every tenth."""
    return iteration < 1000 or iteration % 10 == 0


def descend(
    loss: Loss,
    parameters: Any,
    constants: Any,
    settings: DescentSettings,
    checkpoint: Checkpoint,
    render: Callable[[Any], np.ndarray],
    project: Project = lambda parameters: parameters,
    title: str | None = None,
    quick: Loss | None = None,
) -> Descent:
    """Minimise a loss; go on from the checkpoint if there is one.

    loss: (parameters, iteration, constants) -> scalar. The loss uses the iteration as a seed for
        its random draws, so a resumed descent draws the same.
    parameters: pytree of arrays, the start.
    constants: pytree of arrays that the loss needs; they are no part of the compiled program.
    render: parameters -> samples, in the form of the trajectory.
    project: parameters -> parameters, applied after every update.
    title: text in front of the progress bar.
    quick: the same loss for a GPU, without branches; NaN where `loss` takes its rare branch.

    An interrupted descent gives the same numbers, because returning to Python changes nothing
    (`gantk.descent.programs`).
    """
    optimiser = make_optimiser(settings)
    snapshots_due = snapshot_iterations(settings.iterations, settings.snapshots)
    zero = jnp.int32(0)
    state = State(
        parameters, optimiser.init(parameters), zero, jnp.float64(jnp.inf), zero, jnp.int32(0)
    )
    leaves, structure = jax.tree.flatten(state)
    seconds, rows, snapshots = 0.0, [], [(0, render(parameters))]
    saved = checkpoint.load()
    if saved is not None:
        leaves = [jnp.asarray(saved[f"state_{i}"]) for i in range(len(leaves))]
        state = jax.tree.unflatten(structure, leaves)
        seconds, rows = float(saved["seconds"]), [tuple(row) for row in saved["history"]]
        snapshots = list(
            zip(saved["snapshot_iterations"].tolist(), saved["snapshots"], strict=True)
        )

    runner = Runner(loss, quick, project, settings, constants)
    chunk = 1
    bar = tqdm(desc=title, total=settings.iterations, initial=int(state.iteration), unit="it")
    while int(state.iteration) < settings.iterations and not int(state.stop):
        first = int(state.iteration)
        next_snapshot = next(i for i in snapshots_due if i > first)
        until = min(first + min(chunk, BUFFER), next_snapshot)
        started, compiling = time.perf_counter(), runner.compile_seconds
        state, record = runner.advance(state, until, next_snapshot)
        spent = time.perf_counter() - started - (runner.compile_seconds - compiling)
        seconds += spent
        reached = int(state.iteration)
        evaluated = reached - first + (int(state.stop) != 0)
        rows += [
            (i, seconds - spent + spent * (i + 1 - first) / evaluated, *record[i - first])
            for i in range(first, first + evaluated)
            if _recorded(i)
        ]
        if reached == next_snapshot or int(state.stop):
            snapshots.append((reached, render(state.parameters)))
        bar.update(reached - first)
        bar.set_postfix(loss=f"{record[evaluated - 1, 0]:.5f}", refresh=False)
        # About a second: Python's share is negligible, and bar and checkpoint are still up to date.
        chunk = max(1, min(BUFFER, int(chunk * max(0.5, min(2.0, 1.0 / max(spent, 1e-9))))))
        # The last state too, for a job that is killed before its files are complete.
        if checkpoint.due() or reached == settings.iterations or int(state.stop):
            checkpoint.save(
                {f"state_{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(state))}
                | {
                    "seconds": np.array(seconds),
                    "history": np.array(rows, np.float64).reshape(-1, 4),
                    "snapshot_iterations": np.array([i for i, _ in snapshots]),
                    "snapshots": np.stack([s for _, s in snapshots]),
                }
            )
    bar.close()
    if len(snapshots) > 1 and snapshots[-1][0] == snapshots[-2][0]:
        snapshots.pop()
    trajectory = Trajectory(
        np.stack([s for _, s in snapshots]), np.array([i for i, _ in snapshots], np.int64)
    )
    columns = ("iteration", "seconds", "loss", "gradient_norm")
    history = [dict(zip(columns, (int(r[0]), *map(float, r[1:])), strict=True)) for r in rows]
    return Descent(
        state.parameters,
        trajectory,
        history,
        STOPS[int(state.stop)],
        int(state.best_iteration),
        runner.compile_seconds,
    )
