"""Checks before any job. tests/suite/bad_inputs.py has their errors."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from suite.planning import checks
from suite.planning.checks import check, look
from suite.planning.configuration import MOST_HELD, parse_config
from suite.protocol.method import METHODS
from suite.protocol.source import Rows
from suite.running.errors import InputError
from suite.running.provenance import ROOT

RNG = np.random.default_rng(0)


def save(folder, count, *shape):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        image = RNG.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(image).save(folder / f"{i:03d}.png")


def config(folder, n=8, methods=None, metrics=("fid_train",), samples=16, heldout=None, **source):
    return parse_config(
        {
            "name": "own",
            "device": "cpu",
            "samples": samples,
            "metrics": list(metrics),
            "datasets": {
                "mine": {
                    "kind": "folder",
                    "heldout": heldout,
                    "source": {"path": str(folder), **source},
                }
            },
            "experiments": {
                "own": {
                    "datasets": {"mine": {"n": [n]}},
                    "methods": methods or {"dcgan": {}, "ga-cntk": {}},
                }
            },
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty images of 16 x 16; every tenth is held out."""
    place = tmp_path_factory.mktemp("images")
    save(place, 20, 16, 16, 3)
    return place


def test_of_a_large_split_no_more_is_held_out_than_is_ever_used():
    points = {"datasets": {"ring8": {"n": [8]}}, "methods": {"dcgan": {}}}
    values = {"name": "own", "metrics": ["w2_train"], "datasets": {"ring8": {}}}
    plan = parse_config(values | {"experiments": {"own": points}})
    assert look(plan, "ring8").heldout == MOST_HELD


@pytest.mark.parametrize(("labels", "labelled"), [([0, 1], True), ([0, -1], False)])
def test_a_dataset_is_labelled_where_every_row_has_a_label(labels, labelled):
    rows = Rows(np.array(labels), lambda indices: np.zeros((len(indices), 2), np.float32))
    kind = SimpleNamespace(files=lambda _: [], open=lambda *_: rows, data="points")
    plan = SimpleNamespace(
        kind=lambda _: kind, source=lambda _: None, datasets={"d": SimpleNamespace(heldout=None)}
    )
    assert look(plan, "d").labelled == labelled


def test_what_can_be_done_passes(folder):
    check(config(folder, n=18, heldout=2))
    check(config(folder, n=18))


@pytest.mark.parametrize("metrics", [["am_ssim"], ["fid_train"]])
def test_images_below_the_window_of_ssim_are_refused_before_any_job(tmp_path, metrics):
    save(tmp_path, 12, 5, 3, 3)
    methods = {"ga-fntk": {}}
    with pytest.raises(
        InputError,
        match=r"datasets\.mine: images have 3 x 5 pixels, but .* needs 4 x 4: set",
    ):
        check(config(tmp_path, methods=methods, metrics=metrics))
    check(config(tmp_path, methods=methods, metrics=metrics, size=4))


def test_sizes_that_differ_are_seen_by_the_heads_of_the_files(tmp_path):
    save(tmp_path, 12, 16, 16, 3)
    Image.fromarray(np.zeros((17, 16, 3), np.uint8)).save(tmp_path / "011.png")
    with pytest.raises(InputError, match=r"011\.png: has 16 x 17 pixels, but 000\.png 16 x 16"):
        check(config(tmp_path))
    check(config(tmp_path, size=16))
    check(config(tmp_path, crop=True))


def test_a_picture_that_is_stored_lying_counts_as_it_stands(tmp_path):
    save(tmp_path, 11, 16, 24, 3)
    turned = Image.fromarray(np.zeros((24, 16, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "020.jpg", exif=exif)
    check(config(tmp_path, methods={"ga-fntk": {}}))


def test_what_has_to_be_downloaded_first_passes():
    values = {
        "name": "later",
        "datasets": {"mnist": {"source": {"source": "download"}}},
        "experiments": {"a": {"datasets": {"mnist": {"n": [10**6]}}, "methods": {"dcgan": {}}}},
    }
    check(parse_config(values))


def test_a_split_without_rows_is_refused(tmp_path):
    """With nine images, no tenth image is held out."""
    save(tmp_path / "nine", 9, 16, 16, 3)
    faces = {"source": {"path": str(tmp_path / "nine"), "size": 16}}
    for datasets, sentence in (
        ({"mnist": {"source": {"digits": [12]}}}, r"datasets\.mnist: no row is left to train on"),
        ({"celeba-hq": faces}, r"datasets\.celeba-hq: no row is left to hold out"),
        ({"celeba-hq": {**faces, "heldout": 2}}, r"celeba-hq: no row is left to hold out"),
    ):
        grid = {name: {"n": [4]} for name in datasets}
        experiments = {"a": {"datasets": grid, "methods": {"ga-fntk": {}}}}
        values = {"name": "few", "datasets": datasets, "experiments": experiments}
        with pytest.raises(InputError, match=sentence):
            check(parse_config(values))


def test_missing_weights_are_named(folder):
    with pytest.raises(InputError, match=r"inception_weights: .*nowhere\.pth: no such file"):
        check(config(folder).model_copy(update={"inception_weights": ROOT / "nowhere.pth"}))


def passes(attempt, *arguments):
    try:
        attempt(*arguments)
    except InputError:
        return False
    return True


SIDES = (8, 16, 24, 28, 32, 64)
MODULES = {
    name: import_module(METHODS["baselines"].module_of(name))
    for name in METHODS["baselines"].entries
}
GAMES = {name: module.game for name, module in MODULES.items() if hasattr(module, "game")}


@pytest.mark.parametrize("name", GAMES)
def test_sizes_that_pass_are_those_that_gans_have_networks_for(name):
    import torch

    method = METHODS["baselines"].entries[name]
    settings = method.settings(batch=4)
    passed = [side for side in SIDES if passes(method.check, settings, (side, side, 1), 8)]
    assert passed == [16, 28, 32, 64]
    for side in passed:
        generator, _ = GAMES[name](settings, (side, side, 1)).networks()
        made = generator(torch.zeros(2, settings.latents((side, side, 1))))
        assert made.shape == (2, 1, side, side)


def test_sizes_that_pass_are_those_that_ga_cntkg_has_networks_for():
    from gantk.descent.autoencoder import make_autoencoder
    from gantk.descent.generators import image_generator

    method = METHODS["gantk"].entries["ga-cntkg"]
    made = {"image": lambda shape: image_generator(shape, 4), "code": make_autoencoder}
    for space, network in made.items():
        settings = method.settings(batch=4, space=space)
        for side in (*SIDES, 128, 256):
            shape = (side, side, 1)
            if passes(method.check, settings, shape, 8):
                network(shape)
            else:
                with pytest.raises(KeyError):
                    network(shape)


def test_held_out_pictures_that_are_trained_on_are_counted(tmp_path, monkeypatch):
    """Also under other names. Small folders compare the converted pictures, large ones bytes."""
    save(tmp_path / "train", 12, 16, 16, 3)
    save(tmp_path / "held", 4, 16, 16, 3)
    paths = {"heldout_path": str(tmp_path / "held")}
    assert check(config(tmp_path / "train", **paths)) == []
    whole = (tmp_path / "train" / "003.png").read_bytes()
    (tmp_path / "held" / "other.png").write_bytes(whole)
    Image.open(tmp_path / "train" / "004.png").save(tmp_path / "held" / "another.bmp")
    said = check(config(tmp_path / "train", **paths))
    assert len(said) == 1
    assert said[0].startswith("datasets.mine: 2 held-out rows are also training rows")
    monkeypatch.setattr(checks, "READABLE", 100)
    assert "1 held-out rows" in check(config(tmp_path / "train", **paths))[0]
    monkeypatch.setattr(checks, "COMPARABLE", 100)
    assert check(config(tmp_path / "train", **paths)) == []
