"""The two programs that a device runs between two returns to Python, both of the same iteration.

`while_going` is a loop that ends at a stop. On a GPU the host evaluates its condition, so the GPU
waits for the host in every iteration. There `stretch` runs instead: a loop of fixed length whose
iterations after a stop change nothing. No operation of a stretch waits for the host.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from gantk.descent.optimiser import make_optimiser
from gantk.settings import DescentSettings
from suite.protocol.method import StopReason

BUFFER = 256
"""Iterations between two returns to Python, at most."""
LENGTH = 32
"""Iterations of a stretch."""
STOPS: tuple[StopReason, ...] = ("budget", "early-stopping", "gradient-norm", "diverged")
DIVERGED = STOPS.index("diverged")

Loss = Callable[[Any, jax.Array, Any], jax.Array]
Project = Callable[[Any], Any]


class State(NamedTuple):
    """Where a descent stands. `iteration` updates have been made; `stop` is a place in STOPS."""

    parameters: Any
    moments: Any
    iteration: jax.Array
    best: jax.Array
    best_iteration: jax.Array
    stop: jax.Array


Step = Callable[[Any, State], tuple[State, jax.Array]]
"""(constants, state) -> as `iterate`."""


def iterate(
    loss: Loss, project: Project, settings: DescentSettings, constants: Any, state: State
) -> tuple[State, jax.Array]:
    """One iteration: the next state, and loss and gradient norm [2] before its update.

    An iteration that ends the descent makes no update.
    """
    optimiser = make_optimiser(settings)
    value, gradient = jax.value_and_grad(loss)(state.parameters, state.iteration, constants)
    norm = optax.tree.norm(gradient)
    measured = jnp.stack([value, norm]).astype(jnp.float64)
    finite = jnp.isfinite(value) & jnp.isfinite(norm)
    better = value < state.best - settings.delta
    best = jnp.where(better, value, state.best)
    best_iteration = jnp.where(better, state.iteration, state.best_iteration)
    stop = jnp.int32(0)
    if settings.patience is not None:
        stop = jnp.where(state.iteration - best_iteration >= settings.patience, 1, stop)
    if settings.gradient_norm is not None:
        stop = jnp.where(norm < settings.gradient_norm, 2, stop)
    stop = jnp.where(finite, stop, DIVERGED)
    change, moments = optimiser.update(gradient, state.moments, state.parameters)
    parameters = project(optax.apply_updates(state.parameters, change))
    moved = (parameters, moments, state.iteration + 1)
    kept = (state.parameters, state.moments, state.iteration)
    parameters, moments, iteration = jax.tree.map(partial(jnp.where, stop == 0), moved, kept)
    return State(parameters, moments, iteration, best, best_iteration, stop), measured


def while_going(
    step: Step, constants: Any, state: State, until: jax.Array
) -> tuple[State, jax.Array]:
    """Iterate up to `until` or to a stop.

    Returns the state, and loss and gradient norm of each iteration, float64 [BUFFER, 2].
    """
    start = state.iteration

    def body(carry: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
        state, record = carry
        after, measured = step(constants, state)
        return after, record.at[state.iteration - start].set(measured)

    def going(carry: tuple[State, jax.Array]) -> jax.Array:
        return (carry[0].iteration < until) & (carry[0].stop == 0)

    return jax.lax.while_loop(going, body, (state, jnp.full((BUFFER, 2), jnp.nan, jnp.float64)))


def stretch(step: Step, constants: Any, state: State, until: jax.Array) -> tuple[State, jax.Array]:
    """LENGTH iterations. Those from `until` on and those after a stop change nothing.

    An iteration whose loss or gradient is not finite changes `stop` alone, so that another program
    can make it again. Returns as `while_going`, but [LENGTH, 2].
    """

    def body(state: State, _: None) -> tuple[State, jax.Array]:
        after, measured = step(constants, state)
        going = (state.iteration < until) & (state.stop == 0)
        whole = going & (after.stop != DIVERGED)
        stop = jnp.where(going, after.stop, state.stop)
        return jax.tree.map(partial(jnp.where, whole), after, state)._replace(stop=stop), measured

    return jax.lax.scan(body, state, None, LENGTH)


def by_stretches() -> bool:
    """Whether to run stretches: a GPU waits for the host at every condition of a program."""
    return jax.default_backend() != "cpu"


@lru_cache(maxsize=2)
def _jitted(
    program: Callable[..., Any], loss: Loss, project: Project, settings: DescentSettings
) -> Any:
    """A program, compiled once for all solutions in this process with these functions."""
    return jax.jit(partial(program, partial(iterate, loss, project, settings)))


@dataclass
class Runner:
    """The compiled programs of one descent.

    quick: the loss that a GPU computes instead of `loss`, if there is one. If it is NaN, this
        iteration and those after it, LENGTH in all or up to the next snapshot, are made again with
        `loss`. Which iterations these are depends on the numbers alone.
    """

    loss: Loss
    quick: Loss | None
    project: Project
    settings: DescentSettings
    constants: Any
    compile_seconds: float = 0.0
    _compiled: dict[Callable[..., Any], Any] = field(default_factory=dict)

    def _run(
        self, program: Callable[..., Any], loss: Loss, state: State, until: int
    ) -> tuple[State, jax.Array]:
        arguments = (self.constants, state, jnp.int32(until))
        if program not in self._compiled:
            started = time.perf_counter()
            jitted = _jitted(program, loss, self.project, self.settings)
            self._compiled[program] = jitted.lower(*arguments).compile()
            self.compile_seconds += time.perf_counter() - started
        after: tuple[State, jax.Array] = self._compiled[program](*arguments)
        return after

    def advance(self, state: State, until: int, snapshot: int) -> tuple[State, np.ndarray]:
        """Go on to `until` or to a stop. On a GPU it may go further, but not beyond `snapshot`.

        Returns the state, and loss and gradient norm of each iteration [K, 2]; the rows after the
        last iteration that was made have no meaning.
        """
        if not by_stretches():
            state, record = self._run(while_going, self.loss, state, until)
            return state, np.asarray(record)
        first = int(state.iteration)
        records = []
        for _ in range(first, until, LENGTH):
            state, record = self._run(stretch, self.quick or self.loss, state, until)
            records.append(record)
        found = np.concatenate(records)
        if self.quick is None or int(state.stop) != DIVERGED:
            return state, found
        reached = int(state.iteration)
        undone = state._replace(stop=jnp.int32(0))
        state, record = self._run(while_going, self.loss, undone, min(reached + LENGTH, snapshot))
        return state, np.concatenate([found[: reached - first], record])
