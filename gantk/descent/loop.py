"""The descent shared by every variant: iterations on the device, snapshots, stop rules, resume."""

import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

from gantk.descent.optimiser import make_optimiser
from gantk.settings import DescentSettings
from suite.protocol.artefacts import Trajectory
from suite.protocol.method import StopReason, snapshot_iterations
from suite.running.checkpoint import Checkpoint

BUFFER = 256  # iterations between two returns to Python, at most
STOPS: tuple[StopReason, ...] = ("budget", "early-stopping", "gradient-norm", "diverged")


class State(NamedTuple):
    """Where a descent stands. `iteration` updates have been made."""

    parameters: Any
    moments: Any
    iteration: jax.Array
    best: jax.Array
    best_iteration: jax.Array
    stop: jax.Array


class Descent(NamedTuple):
    """What a descent leaves. History columns: iteration, seconds, loss, gradient_norm."""

    parameters: Any
    trajectory: Trajectory
    history: list[dict[str, float]]
    stop_reason: StopReason
    best_iteration: int
    compile_seconds: float


def _advance(
    loss: Callable[[Any, jax.Array, Any], jax.Array],
    project: Callable[[Any], Any],
    settings: DescentSettings,
    constants: Any,
    state: State,
    until: jax.Array,
) -> tuple[State, jax.Array]:
    """Iterate up to `until` or to a stop. Also returns loss and gradient norm, [BUFFER, 2]."""
    optimiser = make_optimiser(settings)
    start = state.iteration

    def body(carry: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
        state, record = carry
        value, gradient = jax.value_and_grad(loss)(state.parameters, state.iteration, constants)
        norm = optax.tree.norm(gradient)
        record = record.at[state.iteration - start].set(
            jnp.stack([value, norm]).astype(record.dtype)
        )
        finite = jnp.isfinite(value) & jnp.isfinite(norm)
        better = value < state.best - settings.delta
        best = jnp.where(better, value, state.best)
        best_iteration = jnp.where(better, state.iteration, state.best_iteration)
        stop = jnp.int32(0)
        if settings.patience is not None:
            stop = jnp.where(state.iteration - best_iteration >= settings.patience, 1, stop)
        if settings.gradient_norm is not None:
            stop = jnp.where(norm < settings.gradient_norm, 2, stop)
        stop = jnp.where(finite, stop, 3)
        change, moments = optimiser.update(gradient, state.moments, state.parameters)
        parameters = project(optax.apply_updates(state.parameters, change))
        moved = (parameters, moments, state.iteration + 1)
        kept = (state.parameters, state.moments, state.iteration)
        parameters, moments, iteration = jax.tree.map(partial(jnp.where, stop == 0), moved, kept)
        return State(parameters, moments, iteration, best, best_iteration, stop), record

    def going(carry: tuple[State, jax.Array]) -> jax.Array:
        return (carry[0].iteration < until) & (carry[0].stop == 0)

    return jax.lax.while_loop(going, body, (state, jnp.full((BUFFER, 2), jnp.nan, jnp.float64)))


def _recorded(iteration: int) -> bool:
    """Whether the history keeps an iteration: every one of the first thousand, then every tenth."""
    return iteration < 1000 or iteration % 10 == 0


@lru_cache(maxsize=1)
def _program(
    loss: Callable[[Any, jax.Array, Any], jax.Array],
    project: Callable[[Any], Any],
    settings: DescentSettings,
) -> Any:
    """`_advance` as one program: the same functions and settings, as of several solutions in one
    process, are compiled once."""
    return jax.jit(partial(_advance, loss, project, settings))


def descend(
    loss: Callable[[Any, jax.Array, Any], jax.Array],
    parameters: Any,
    constants: Any,
    settings: DescentSettings,
    checkpoint: Checkpoint,
    render: Callable[[Any], np.ndarray],
    project: Callable[[Any], Any] = lambda parameters: parameters,
    title: str | None = None,
) -> Descent:
    """Minimise a loss; go on from the checkpoint if there is one.

    loss: (parameters, iteration, constants) -> scalar. The iteration serves as a seed of whatever
        the loss draws, so that a resumed descent draws the same.
    parameters: pytree of arrays, the start.
    constants: pytree of arrays that the loss needs (kept out of the compiled program).
    render: parameters -> samples, as the trajectory keeps them.
    project: parameters -> parameters, applied after every update.
    title: what the progress bar says before its numbers.

    The same numbers result whether or not the descent was interrupted: one compiled program
    makes every iteration, and where it returns to Python changes nothing.
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

    started = time.perf_counter()
    program = _program(loss, project, settings)
    advance = program.lower(constants, state, jnp.int32(0)).compile()
    compile_seconds = time.perf_counter() - started

    chunk = 1
    bar = tqdm(
        desc=title,
        total=settings.iterations,
        initial=int(state.iteration),
        unit="it",
        file=sys.stderr,
    )
    while int(state.iteration) < settings.iterations and not int(state.stop):
        first = int(state.iteration)
        next_snapshot = next(i for i in snapshots_due if i > first)
        until = min(first + min(chunk, BUFFER), next_snapshot)
        started = time.perf_counter()
        state, record = advance(constants, state, jnp.int32(until))
        record = np.asarray(record)
        spent = time.perf_counter() - started
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
        # Long enough that Python costs nothing, short enough for the bar and the checkpoint.
        chunk = max(1, min(BUFFER, int(chunk * max(0.5, min(2.0, 1.0 / max(spent, 1e-9))))))
        # The last state too: a job that is killed before its files are whole goes on from it.
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
        compile_seconds,
    )
