"""The GPU's loop, run on a CPU: results of the usual loop, and no synchronisation with the host."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent import autoencoder, programs, with_generator, without_generator
from gantk.descent.loop import descend
from gantk.descent.programs import State, stretch
from gantk.dynamics import squarings
from gantk.gantk2 import finite, flow, flow_generator
from gantk.settings import DescentSettings
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint

ENTRIES = METHODS["gantk"].entries


@pytest.fixture
def by_stretches(monkeypatch):
    """Makes descents run in stretches of 8 iterations."""
    monkeypatch.setattr(programs, "by_stretches", lambda: True)
    monkeypatch.setattr(programs, "LENGTH", 8)
    programs._jitted.cache_clear()
    yield
    programs._jitted.cache_clear()


def told(result):
    """All results of a descent except its times."""
    history = [{k: repr(v) for k, v in row.items() if k != "seconds"} for row in result.history]
    arrays = [result.parameters, result.trajectory.data, result.trajectory.iterations]
    return [np.asarray(array).tobytes() for array in arrays], history, result.stop_reason


def check_equal(ours, looped):
    """Equal iterations and end; numbers equal up to rounding, as XLA fuses programs differently."""
    assert ours.stop_reason == looped.stop_reason
    assert ours.best_iteration == looped.best_iteration
    assert ours.trajectory.iterations.tolist() == looped.trajectory.iterations.tolist()
    np.testing.assert_allclose(ours.parameters, looped.parameters, rtol=1e-12)
    np.testing.assert_allclose(ours.trajectory.data, looped.trajectory.data, rtol=1e-6)
    for column in ("iteration", "loss", "gradient_norm"):
        values = [[row[column] for row in result.history] for result in (ours, looped)]
        np.testing.assert_allclose(*values, rtol=1e-12)


def noisy(parameters, iteration, constants):
    """A quartic with a term that depends on the iteration, like a loss on random batches."""
    return jnp.sum(parameters**4) / 4 + constants * jnp.sin(iteration) * jnp.sum(parameters)


def not_finite_at(bad, value=jnp.nan):
    def loss(parameters, iteration, constants):
        return noisy(parameters, iteration, constants) * jnp.where(iteration == bad, value, 1.0)

    return loss


def run(checkpoint=None, loss=noisy, quick=None, **settings):
    values = {"step": 0.1, "iterations": 60, "delta": 0.0, "snapshots": 5, **settings}
    return descend(
        loss,
        jnp.linspace(0.3, 1.2, 3),
        jnp.float64(0.01),
        DescentSettings(**values),
        checkpoint or Checkpoint(None),
        render=lambda p: np.asarray(p, np.float32)[:, None],
        quick=quick,
    )


ENDS = {
    "budget": ({}, noisy),
    "adam, cosine": ({"optimiser": "adam", "schedule": "cosine", "clip_norm": 0.1}, noisy),
    "early stopping": ({"patience": 5, "delta": 0.01}, noisy),
    "gradient norm": ({"gradient_norm": 0.2}, noisy),
    "divergence at once": ({}, not_finite_at(0)),
    "divergence": ({"patience": 100}, not_finite_at(13, jnp.inf)),
    "divergence at the end": ({}, not_finite_at(59)),
    "divergence after the budget": ({}, not_finite_at(60)),
}


@pytest.mark.parametrize("name", ENDS)
def test_stretches_give_what_the_loop_gives(name, request):
    settings, loss = ENDS[name]
    looped = run(loss=loss, **settings)
    request.getfixturevalue("by_stretches")
    check_equal(run(loss=loss, **settings), looped)


def test_without_a_quick_loss_a_divergence_is_final(by_stretches, monkeypatch):
    monkeypatch.setattr(programs, "while_going", None)
    assert run(loss=not_finite_at(13)).stop_reason == "diverged"


REACHES = {
    "one iteration": lambda p, i: i == 13,
    "from the first": lambda p, i: i >= 0,
    "large rows": lambda p, i: jnp.max(p) > 0.9,
    "now and then": lambda p, i: i % 11 == 10,
}


@pytest.mark.parametrize(
    ("reach", "end"),
    [
        ("one iteration", "divergence"),
        ("one iteration", "early stopping"),
        ("from the first", "adam, cosine"),
        ("large rows", "gradient norm"),
        ("now and then", "early stopping"),
    ],
)
def test_what_the_quick_loss_cannot_tell_is_made_again(reach, end, request):
    settings, loss = ENDS[end]
    looped = run(loss=loss, **settings)
    request.getfixturevalue("by_stretches")
    bad = REACHES[reach]

    def quick(parameters, iteration, constants):
        fine = loss(parameters, iteration, constants)
        return jnp.where(bad(parameters, iteration), jnp.nan, fine)

    check_equal(run(loss=loss, quick=quick, **settings), looped)


def test_the_best_is_not_that_of_an_iteration_which_is_made_again(by_stretches):
    """Iteration 13 has a finite quick value, far below all others, and a NaN gradient."""

    def quick(parameters, iteration, constants):
        fine = noisy(parameters, iteration, constants)
        root = jnp.sqrt(jnp.where(iteration == 13, 0 * jnp.sum(parameters), 1.0))
        return fine + 10 * root - 10

    ours = run(quick=quick, patience=100)
    assert ours.stop_reason == "budget" and ours.best_iteration > 13


def test_which_iterations_are_made_again_depends_on_the_numbers_alone(by_stretches, tmp_path):
    """The loss for repeated iterations differs from the quick one, so that the test sees its use.

    The run is killed after every second checkpoint.
    """

    def other(parameters, iteration, constants):
        return noisy(parameters, iteration, constants) + 100

    def quick(parameters, iteration, constants):
        fine = noisy(parameters, iteration, constants)
        return jnp.where((iteration == 13) | (iteration == 40), jnp.nan, fine)

    class Killed(Exception):
        pass

    class Dies(Checkpoint):
        saves = 0

        def save(self, state):
            super().save(state)
            self.saves += 1
            if self.saves == 2:
                raise Killed

    whole = run(loss=other, quick=quick)
    served = [row["iteration"] for row in whole.history if row["loss"] > 50]
    snapshots = whole.trajectory.iterations.tolist()
    assert snapshots == [0, 1, 3, 8, 22, 60]
    assert served == [*range(13, 21), *range(40, 48)]
    kills = 0
    while True:
        try:
            resumed = run(Dies(tmp_path / "state.npz", every=0.0), loss=other, quick=quick)
            break
        except Killed:
            kills += 1
    assert kills > 2 and told(resumed) == told(whole)
    cut = run(loss=other, quick=quick, snapshots=60)
    served = [row["iteration"] for row in cut.history if row["loss"] > 50]
    assert {14, 42} < set(cut.trajectory.iterations.tolist())
    assert served == [13, 40, 41]


SMALL = {"iterations": 11, "blocking": "whole", "precision": "float64", "dense": 1}


def job(name, **settings):
    method = ENTRIES[name]
    wanted = {k: v for k, v in SMALL.items() if k in method.settings.model_fields}
    wanted |= {"levels": (8, 4)} if name == "ga-cntk-multires" else {}
    shape = (6, 28, 28, 1) if name == "ga-cntkg" else (6, 8, 8, 1)
    data = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    subset = Subset(data, np.full(6, -1), np.arange(6), "noise", "train", 0)
    resolved = parse(method.settings, {**method.tiny, **wanted, **settings}, name)
    return method, Job(subset, resolved, 0, 0, 6, Checkpoint(None))


def trained(name, **settings):
    method, asked = job(name, **settings)
    return method.train(asked)


def test_a_training_by_stretches_is_that_of_the_loop(request):
    looped = trained("ga-fntk", lam=3.0, step=1.0)
    request.getfixturevalue("by_stretches")
    ours = trained("ga-fntk", lam=3.0, step=1.0)
    assert ours.stop_reason == looped.stop_reason == "budget"
    for row, other in zip(ours.history, looped.history, strict=True):
        np.testing.assert_allclose(row["loss"], other["loss"], rtol=1e-12)
        np.testing.assert_allclose(row["gradient_norm"], other["gradient_norm"], rtol=1e-9)
    np.testing.assert_array_equal(ours.trajectory.data, looped.trajectory.data)


WORDS = {"while", "cond", "eigh", "debug_print", "debug_callback", "io_callback", "pure_callback"}
"""Operations that need the host on a GPU: for the number of turns, a branch, or the result."""


def operations(jaxpr):
    """The names of all primitives of a program and its subprograms.

    Branches on the platform are left out: they are decided during compilation.
    """
    for equation in jaxpr.eqns:
        if equation.params.get("branches_platforms") is None:
            yield equation.primitive.name
        for value in jax.tree.leaves(list(equation.params.values())):
            part = getattr(value, "jaxpr", value)
            if hasattr(part, "eqns"):
                yield from operations(part)


class Caught(Exception):
    pass


def words(name, monkeypatch, change=lambda loss: loss, **settings):
    """The operations of a method's stretch that need the host; it is traced and not compiled."""

    def descend(loss, parameters, constants, settings, *rest, project=lambda x: x, **more):
        zero = jnp.int32(0)
        moments = programs.make_optimiser(settings).init(parameters)
        state = State(parameters, moments, zero, jnp.float64(0), zero, zero)
        quick = change(more.get("quick") or loss)
        step = partial(programs.iterate, quick, project, settings)
        program = jax.make_jaxpr(partial(stretch, step))
        raise Caught(program(constants, state, zero).jaxpr)

    solvers = without_generator, with_generator, flow, flow_generator, finite, autoencoder
    for module in solvers:
        monkeypatch.setattr(module, "descend", descend)
    method, asked = job(name, **settings)
    with pytest.raises(Caught) as caught, monkeypatch.context() as patch:
        if settings.get("rule") != "logistic":  # the number of its steps depends on K
            patch.setattr(jax, "jit", lambda function, **_: partial(jax.eval_shape, function))
        method.train(asked)
    found = set(operations(caught.value.args[0]))
    assert "scan" in found and len(found) > 20
    return found & WORDS


ALL = {"augment": ["translation", "cutout", "colour"], "schedule": "cosine", "patience": 7}


@pytest.mark.parametrize("name", ENTRIES)
def test_no_word_of_the_host_in_a_stretch(name, monkeypatch):
    known = ENTRIES[name].settings.model_fields
    assert not words(name, monkeypatch, **{k: v for k, v in ALL.items() if k in known})


@pytest.mark.parametrize("rule", ["ipm", "squares", "logistic"])
def test_the_rules_of_gantk2_decide_nothing(rule, monkeypatch):
    """Squares use eigenvectors for few rows only."""
    assert words("gantk2", monkeypatch, rule=rule) <= {"eigh"}


def test_krylov_spaces_decide_nothing_in_a_stretch(monkeypatch):
    """The eigenvectors of their small matrices are computed for any error."""
    monkeypatch.setattr(squarings, "ROWS", 4)
    monkeypatch.setattr("gantk.dynamics.exponential.SIZE", 2)
    assert words("ga-fntk", monkeypatch) == {"eigh"}


PUT_IN = {
    "a branch": lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x),
    "a loop until": lambda x: jax.lax.while_loop(lambda y: y < x, lambda y: y + 1, x - 1),
    "a line printed": lambda x: (jax.debug.print("{}", x), x)[1],
}


@pytest.mark.parametrize("word", PUT_IN)
def test_a_word_of_the_host_would_be_seen(word, monkeypatch):
    def change(loss):
        return lambda *arguments: (
            loss(*arguments)
            + jax.lax.stop_gradient(PUT_IN[word](jax.lax.stop_gradient(loss(*arguments))))
        )

    assert words("ga-fntk", monkeypatch, change)


def test_the_sure_loss_has_words(monkeypatch):
    def sure(quick):
        return partial(quick.func, True)

    assert "cond" in words("ga-fntk", monkeypatch, sure)
