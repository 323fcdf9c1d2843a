"""Chunks of updates: same bytes as single updates, exact ends, no synchronisation with the host."""

import sys
from contextlib import nullcontext
from importlib import import_module

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from baselines import alternating, chunks, losses, players
from baselines.chunks import Chunks
from baselines.methods.dcgan import DCGAN
from baselines.players import Players
from baselines.reproducible import reproducible
from baselines.stopping import EarlyStopping
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint

ENTRIES = METHODS["baselines"].entries
SHAPES = {"images": (6, 16, 16, 3), "points": (6, 2)}


def job(name, kind, checkpoint=None, **settings):
    random, shape = np.random.default_rng(0), SHAPES[kind]
    data = random.integers(0, 256, shape, np.uint8) if kind == "images" else random.random(shape)
    data = data if kind == "images" else data.astype(np.float32)
    subset = Subset(data, np.full(6, -1), np.arange(6), "noise", "train", 0)
    method = ENTRIES[name]
    small = {"updates": 8, "n_dis": 2, "batch": 4, "snapshots": 2, "snapshot_rows": 3}
    resolved = parse(method.settings, {**method.tiny, **small, **settings}, name)
    return Job(subset, resolved, 0, 0, 7, checkpoint or Checkpoint(None))


def told(result):
    """All results of a training except its times."""
    history = [{k: repr(v) for k, v in row.items() if k != "seconds"} for row in result.history]
    arrays = [result.samples, result.trajectory.data, *result.model.values()]
    ends = result.stop_reason, result.details["best_iteration"]
    return [*(a.tobytes() for a in arrays), result.trajectory.iterations.tolist(), history, ends]


@pytest.fixture
def in_chunks(monkeypatch):
    """Makes trainings run in chunks of up to 4 updates; returns the captured work."""
    captured = []

    def capture(work):
        """Stands in for a CUDA graph: it runs nothing now, and the same work at every replay."""
        captured.append(work)
        return work

    monkeypatch.setattr(alternating, "chunking", lambda where: (4, capture))
    monkeypatch.setattr(chunks, "CAPTURED_AFTER", 1)
    monkeypatch.setattr(chunks, "SECONDS", 1e9)
    return captured


EVERYTHING = {"ema_halflife": 10.0, "patience": 100, "delta": 0.0}


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("name", ENTRIES)
def test_chunks_give_the_bytes_of_single_updates(name, kind, request):
    some = {"augment": ["translation", "cutout", "colour"]} if kind == "images" else {}
    some |= {"r1_every": 4, "path_every": 3} if name == "stylegan2" else {}
    single = ENTRIES[name].train(job(name, kind, **EVERYTHING, **some))
    captured = request.getfixturevalue("in_chunks")
    assert told(ENTRIES[name].train(job(name, kind, **EVERYTHING, **some))) == told(single)
    # R1 is in every second update, the path length in two of eight.
    assert len(captured) == (2 if name == "stylegan2" else 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("name", ENTRIES)
def test_on_a_gpu_captured_updates_give_the_bytes_of_single_operations(name, monkeypatch):
    asked = {"updates": 60, "augment": ["translation", "cutout", "colour"], **EVERYTHING}
    asked |= {"r1_every": 4, "path_every": 3} if name == "stylegan2" else {}

    def trained(graphs):
        monkeypatch.setenv("CUDA_GRAPHS", graphs)
        return ENTRIES[name].train(job(name, "images", **asked))

    captured, single = trained("1"), trained("0")
    assert captured.details["cuda_graphs"] > single.details["cuda_graphs"] == 0
    assert told(captured) == told(single)


def test_a_run_that_is_killed_between_chunks_goes_on_to_the_same_bytes(in_chunks, tmp_path):
    class Killed(Exception):
        pass

    class Dies(Checkpoint):
        saves = 0

        def due(self):
            return True

        def save(self, state):
            super().save(state)
            self.saves += 1
            if self.saves == 3:
                raise Killed

    whole = told(DCGAN.train(job("dcgan", "points", **EVERYTHING)))
    with pytest.raises(Killed):
        DCGAN.train(job("dcgan", "points", Dies(tmp_path / "state.npz", "key"), **EVERYTHING))
    left = Checkpoint(tmp_path / "state.npz", "key")
    assert int(left.load()["update"]) == 1 + 2 + 4
    assert told(DCGAN.train(job("dcgan", "points", left, **EVERYTHING))) == whole


def chunked(name, kind, **settings):
    asked = job(name, kind, **settings)
    module = import_module(METHODS["baselines"].module_of(name))
    game = module.game(asked.settings, asked.subset.data.shape[1:])
    return Chunks(Players(game, asked.settings, asked.subset.data, 0), 4)


def test_an_update_without_a_penalty_reports_none():
    with reproducible("test"):
        reports = chunked("stylegan2", "images", path_every=2, n_dis=1).unasked(range(1, 4))
    assert [any(penalty) for _, penalty in reports] == [False, True, False]


def test_a_chunk_leaves_early_stopping_as_it_is():
    stopping = EarlyStopping(patience=100, delta=0.0)
    before = stopping.array()
    with reproducible("test"):
        made = chunked("dcgan", "points")
        assert [len(made.next(done, 8, stopping)) for done in (0, 1)] == [1, 2]
    np.testing.assert_array_equal(stopping.array(), before)


@pytest.mark.parametrize("patience", [3, 4, 5, 6])
def test_early_stopping_inside_a_chunk_is_exact(patience, request):
    asked = {"patience": patience, "delta": 100.0, "ema_halflife": 10.0}
    single = DCGAN.train(job("dcgan", "points", **asked))
    request.getfixturevalue("in_chunks")
    chunked = DCGAN.train(job("dcgan", "points", **asked))
    assert told(chunked) == told(single)
    assert (chunked.stop_reason, chunked.history[-1]["iteration"]) == (
        "early-stopping",
        patience + 1,
    )


@pytest.mark.parametrize(
    ("name", "kind", "which"), [("dcgan", "points", 0), ("stylegan2", "images", 1)]
)
def test_divergence_inside_a_chunk_is_exact(name, kind, which, request, monkeypatch):
    """The loss or penalty of update 6 is NaN, and the chunk contains one more update."""
    plain = Players.play

    def spoilt(self, kind, feed):
        sixth = self.feeds(range(6, 7)).share[0]
        for place, measured in enumerate(plain(self, kind, feed)):
            bad = (feed.share == sixth) & (place == which)
            yield torch.where(bad, torch.full_like(measured, float("nan")), measured)

    monkeypatch.setattr(Players, "play", spoilt)
    single = ENTRIES[name].train(job(name, kind, ema_halflife=10.0))
    request.getfixturevalue("in_chunks")
    assert told(ENTRIES[name].train(job(name, kind, ema_halflife=10.0))) == told(single)
    assert (single.stop_reason, single.history[-1]["iteration"]) == ("diverged", 6)


class WordOfTheHost(Exception):
    pass


class NoWord(TorchDispatchMode):
    """Fails if an operation reads a number from the device, or uses a tensor on the host."""

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        name = function.name()
        if name in {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select"}:
            raise WordOfTheHost(name)
        out = function(*arguments, **(keywords or {}))
        for value in tree_leaves((arguments, keywords, out)):
            if isinstance(value, torch.Tensor) and value.device.type == "cpu":
                raise WordOfTheHost(f"{name}: a tensor on the host")
        return out


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """Players with tensors on the device `meta`, whose numbers nobody can read."""
    monkeypatch.setattr(players, "device", lambda: torch.device("meta"))
    monkeypatch.setattr(Players, "_precision", lambda self: nullcontext())
    for module, question in (
        ("optimizer", "_get_fused_kernels_supported_devices"),
        ("adam", "_get_capturable_supported_devices"),
        ("rmsprop", "_get_capturable_supported_devices"),
    ):
        monkeypatch.setattr(sys.modules[f"torch.optim.{module}"], question, lambda *_: ["meta"])


def enqueued(name, kind, warm=True, **settings):
    asked = job(name, kind, **settings)
    shape = asked.subset.data.shape[1:]
    game = import_module(METHODS["baselines"].module_of(name)).game(asked.settings, shape)
    with reproducible("test"):
        made = Players(game, asked.settings, asked.subset.data, 0)
        chunked = Chunks(made, 4)
        numbers = range(1, 3)
        feeds = made.feeds(numbers)
        reports = torch.zeros(2, 2, 3, dtype=torch.float64, device=made.where)
        if warm:  # constants are made once, and kept
            chunked.enqueue(numbers, feeds, reports)
        with NoWord():
            chunked.enqueue(numbers, feeds, reports)


ALL = {"ema_halflife": 10.0, "channels_last": True, "augment": ["translation", "cutout", "colour"]}


@pytest.mark.parametrize("name", ENTRIES)
def test_no_word_of_the_host_in_a_chunk(name, as_on_a_gpu):
    enqueued(name, "images", **ALL)
    enqueued(name, "points", networks="tuned")


WORDS = {
    "a number is asked for": lambda loss: loss * float(loss.detach() < 9),
    "a decision by one": lambda loss: loss if loss.isfinite() else -loss,
    "a count that depends on one": lambda loss: loss.flatten()[loss.flatten() > 0].sum(),
    "a copy to the host": lambda loss: loss + loss.detach().cpu().to(loss.device),
    "a copy from the host": lambda loss: loss * torch.tensor([2.0]).to(loss.device),
    "a number that lies there": lambda loss: loss * torch.rand(()),
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_a_word_of_the_host_would_be_seen(word, as_on_a_gpu, monkeypatch):
    plain = losses.non_saturating
    monkeypatch.setattr(losses, "non_saturating", lambda fake: word(plain(fake)))
    with pytest.raises((WordOfTheHost, RuntimeError), match=r"aten::|meta tensor|nonzero"):
        enqueued("dcgan", "images", warm=False)
