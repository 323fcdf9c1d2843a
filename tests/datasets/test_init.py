"""Configurations for folders of pictures: what `init` prints, and that they are valid."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from PIL import Image

from datasets.budgets import BUDGETS, LEARNS, LEAST
from datasets.init import SIDES, decided, fitted, side_of, sizes_of, text_of
from datasets.survey import Survey, name_of, names_of, survey, told
from suite.planning.checks import check
from suite.planning.configuration import cells, load_config, method_entry, settings_of
from suite.planning.identity import configuration, source_files
from suite.planning.known import Rate
from suite.planning.refusals import check_devices
from suite.protocol.image_files import Head
from suite.running import devices
from suite.running.errors import InputError
from suite.running.files import write_text
from suite.running.provenance import ROOT


def pictures(folder, count, size, grey=False, turned=0, first=0):
    """Write `count` pictures of (width, height). turned: store them rotated, with this EXIF tag."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for i in range(count):
        width, height = size if not turned else size[::-1]
        shape = (height, width) if grey else (height, width, 3)
        picture = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = turned or 1
        picture.save(folder / f"{first + i:03}.png", exif=exif)
    return folder


def rates(seconds):
    methods = ("dcgan", "lsgan", "wgan-gp", "stylegan2", "ga-cntk", "ga-cntkg")
    return {(name, "images"): Rate(0.0, seconds, 1.0) for name in methods} | {
        ("job", ""): Rate(0.0, 0.0, 1.0),
        ("embed", "images"): Rate(0.0, 0.01, 1.0),
    }


def seen(side, grey=False):
    """The survey of 80 square pictures."""
    head = Head((side, side), "RGB", deep=False, turned=False, animated=False, clear=False)
    return Survey(Path("some"), {Path(f"{i}.png"): head for i in range(80)}, grey)


def test_a_survey_tells_grey_from_colour_and_counts_sizes(tmp_path):
    grey = survey(pictures(tmp_path / "grey", 12, (28, 28), grey=True))
    colour = survey(pictures(tmp_path / "colour", 11, (40, 30)))
    assert (grey.count, grey.grey, grey.square, grey.side) == (12, True, True, 28)
    assert (colour.count, colour.grey, colour.square, colour.side) == (11, False, False, 30)
    assert colour.sizes == {(40, 30): 11}


def test_grey_pictures_stored_as_rgb_are_grey(tmp_path):
    folder = tmp_path / "rgb"
    folder.mkdir()
    for i in range(3):
        plane = np.full((8, 8, 1), 50 * i, np.uint8)
        Image.fromarray(np.repeat(plane, 3, axis=2)).save(folder / f"{i}.png")
    assert survey(folder).grey
    Image.new("RGB", (8, 8), (1, 2, 3)).save(folder / "0.png")  # the first of them
    assert not survey(folder).grey


@pytest.mark.parametrize("turned", [5, 6, 7, 8])
def test_pictures_stored_on_their_side_count_upright(tmp_path, turned):
    found = survey(pictures(tmp_path / "turned", 2, (40, 30), turned=turned))
    assert found.sizes == {(40, 30): 2}


def test_one_picture_that_is_smaller_oblong_or_coloured_counts_for_the_folder(tmp_path):
    pictures(tmp_path / "some", 3, (40, 40), grey=True)
    found = survey(pictures(tmp_path / "some", 1, (28, 36), first=7))
    assert (found.count, found.side, found.square, found.grey) == (4, 28, False, False)


@pytest.mark.parametrize(
    ("size", "most", "side"),
    [((100, 40), 64, 32), ((64, 64), 64, 64), ((64, 64), 32, 32), ((10, 10), 64, 28)],
)
def test_the_side_is_one_that_every_method_takes(tmp_path, size, most, side):
    assert side_of(survey(pictures(tmp_path / "some", 1, size)), most) == side


def test_the_sizes_leave_the_held_out_pictures_alone(tmp_path):
    found = survey(pictures(tmp_path / "some", 71, (8, 8)))
    assert sizes_of(found, 1) == [64] and sizes_of(found, 3) == [32, 64]
    many = replace(found, heads=dict.fromkeys(map(Path, map(str, range(300)))))
    assert sizes_of(many, 2) == [128, 256] and sizes_of(many, 1) == [64]
    few = survey(pictures(tmp_path / "few", 34, (8, 8)))
    with pytest.raises(InputError, match="give at least 35"):
        sizes_of(few, 1)


@pytest.mark.parametrize("budget", ["quick", "evening", "paper"])
def test_the_configuration_is_valid_and_says_what_was_seen(tmp_path, budget):
    one = survey(pictures(tmp_path / "My Cats", 80, (40, 36)), "my-cats")
    two = survey(pictures(tmp_path / "digits", 40, (28, 28), grey=True), "digits")
    fit = fitted([one, two], BUDGETS[budget], "mine", rates(0.001), 2)
    text = text_of(fit.config, [one, two], budget, fit.seconds, 2, tmp_path / "mine.yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    read = load_config(path)
    assert read == fit.config
    assert "my-cats: 80 pictures, colour, 40 x 36 pixels" in text
    schema = text.partition("$schema=")[2].partition("\n")[0]
    assert (tmp_path / schema).resolve() == ROOT / "config" / "schema.json"
    assert f"snakemake --cores 2 --configfile {path}" in text
    sources = {name: entry.source for name, entry in read.datasets.items()}
    assert sources["my-cats"] == {"path": str(one.path), "size": 32, "crop": True}
    assert sources["digits"]["channels"] == 1
    assert all(entry.kind == "folder" for entry in read.datasets.values())
    # 36 of 40 digits are left for training, fewer than a batch of 64 needs.
    methods = read.experiments["comparison"].methods
    assert all(settings.get("batch", 32) <= 32 for settings in methods.values())


@pytest.mark.parametrize("budget", BUDGETS)
def test_every_method_takes_every_side_that_can_be_written(budget):
    sides = {side_of(seen(side), BUDGETS[budget].side) for side in range(4, 200)}
    assert sides <= {*SIDES} and len(sides) > 1
    for side in sides:
        for grey in (False, True):
            config = fitted([seen(side, grey)], BUDGETS[budget], "mine", rates(0.001), 2).config
            for cell in cells(config):
                settings = settings_of(config, cell)
                method_entry(cell.method).check(settings, (side, side, 1 if grey else 3), cell.n)


@pytest.mark.parametrize(
    ("gpus", "builds", "device"),
    [
        ([["GPU-a"]], {"jax", "torch"}, "gpu"),
        ([["GPU-a"]], {"torch"}, "cpu"),
        ([["GPU-a"]], {"jax"}, "cpu"),
        ([], {"jax", "torch"}, "cpu"),
    ],
)
def test_the_device_is_one_that_the_workflow_takes_here(monkeypatch, gpus, builds, device):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "listed", lambda: (gpus, "" if gpus else "none"))
    monkeypatch.setattr(devices, "cuda_build", lambda framework: framework in builds)
    config = fitted([seen(32)], BUDGETS["quick"], "mine", rates(0.001), 2).config
    assert config.device == device
    check_devices(config, {"train_gantk_0_0", "train_baselines", "evaluate"}, here=True, conda=())


def test_budgets_are_cut_until_the_wait_fits(tmp_path):
    found = [survey(pictures(tmp_path / "some", 80, (32, 32)))]
    fast, slow = (fitted(found, BUDGETS["evening"], "mine", rates(s), 2) for s in (0.00001, 0.2))
    updates = [f.config.experiments["comparison"].methods["dcgan"]["updates"] for f in (fast, slow)]
    assert updates[0] == BUDGETS["evening"].methods["dcgan"]["updates"] > updates[1] >= LEAST
    assert fast.seconds < slow.seconds <= 5 * 3600 and slow.seconds > 0.9 * 5 * 3600


def test_methods_that_would_show_nothing_are_left_out_and_the_others_share_their_time():
    def methods(fit):
        return fit.config.experiments["comparison"].methods

    grey = seen(64, grey=True)
    every = fitted([grey], BUDGETS["evening"], "mine", rates(0.001), 2)
    assert set(methods(every)) == set(BUDGETS["evening"].methods) and not every.short
    assert every.told() == ""
    some = fitted([grey], BUDGETS["evening"], "mine", rates(0.1), 2)
    assert set(some.short) == {"stylegan2", "wgan-gp"} == {*methods(every)} - {*methods(some)}
    assert all(methods(some)[k][method_entry(k).budget] >= LEARNS[k] for k in methods(some))
    for name, budget in some.short.items():
        assert LEAST <= budget < LEARNS[name]
        words = f"{name}: left out: there is time for {budget:,} updates, but "
        assert words in some.told() and f"after {LEARNS[name]:,}\n" in some.told()
    # Both have too little time. Without the slower one, the other has enough.
    most = fitted([grey], BUDGETS["evening"], "mine", rates(0.09), 2)
    assert set(most.short) == {"stylegan2"}
    few = fitted([grey], BUDGETS["evening"], "mine", rates(9.0), 2)
    assert set(few.short) == set(BUDGETS["evening"].methods)
    assert list(methods(few)) == ["dcgan", "ga-cntk"]
    assert few.told().count("kept for the comparison") == 2


def test_names_suit_files_and_each_folder_has_its_own(tmp_path):
    assert name_of(tmp_path / "Été & Co.") == "ete-co"
    folders = [tmp_path / p for p in ("a/cats", "b/cats", "猫", "犬", "c/Cats", "images")]
    names = names_of(folders)
    assert names == ["cats", "cats-2", "images", "images-4", "cats-5", "images-6"]
    assert names_of(folders[2:4], ["cat", "dog"]) == ["cat", "dog"]
    for given, sentence in (
        (["cat"], "1 names for 2 folders"),
        (["cat", "cat"], "give each its own name"),
        (["cat", "a b"], "--name a b: use only letters"),
    ):
        with pytest.raises(InputError, match=sentence):
            names_of(folders[2:4], given)
    with pytest.raises(InputError, match="cats: is given twice"):
        names_of([tmp_path / "cats", tmp_path / "x" / ".." / "cats"])


def strange(folder):
    """Forty pictures, a few of them odd: transparent, 16-bit, animated, unreadable, repeated."""
    pictures(folder, 40, (32, 32))
    Image.new("RGBA", (40, 32), (1, 2, 3, 4)).save(folder / "000.png")
    Image.fromarray(np.full((32, 32), 9, np.uint16)).save(folder / "001.png")
    frames = [Image.open(folder / f"{i:03}.png").convert("P") for i in (10, 11)]
    frames[0].save(folder / "002.gif", save_all=True, append_images=frames[1:])
    (folder / "003.png").write_text("no picture")
    (folder / "004.png").write_bytes((folder / "005.png").read_bytes())
    (folder / "notes.txt").write_text("other")
    pictures(folder / "more", 2, (32, 32))
    return folder


def test_a_survey_counts_what_people_have_and_the_configuration_holds(tmp_path):
    found = survey(strange(tmp_path / "mine"), "mine")
    assert (found.count, found.transparent) == (40, 1)
    assert (found.repeated, list(found.unusable)) == (1, ["003.png"])
    assert found.elsewhere == {"more": 2} and found.other == {".txt": 1}
    config = fitted([found], BUDGETS["quick"], "mine", rates(0.001), 2, "black").config
    source = config.datasets["mine"].source
    assert source["leave_out"] == ["003.png"] and source["background"] == "black"
    assert check(config) == []
    text = told(found, "black", decided(found, config))
    for words in (
        "40 (.png 39, .gif 1)",
        "2 sizes, from 32 x 32 to 40 x 32",
        "1: shown on black",
        "1: reduced to their upper 8",
        "1: read as their first frame",
        "repeated    1: ",
        "unusable    1: left out",
        "003.png: damaged or not an image",
        "2: in subfolders (more), left out; --subfolders includes them",
        "32 x 32 of the largest square, colour; 32 for training, 4 held out",
    ):
        assert words in text
    whole = survey(tmp_path / "mine", "mine", subfolders=True)
    assert whole.count == 42 and not whole.elsewhere


def test_pictures_in_subfolders_alone_are_taken_together(tmp_path):
    for kind in ("cats", "dogs"):
        pictures(tmp_path / "kinds" / kind, 20, (32, 32))
    found = survey(tmp_path / "kinds", "kinds")
    config = fitted([found], BUDGETS["quick"], "mine", rates(0.001), 2).config
    assert found.count == 40 and config.datasets["kinds"].source["subfolders"] is True
    check(config)
    assert f"init {tmp_path / 'kinds' / 'cats'}" in told(found, "white", "")


def test_a_name_that_is_no_text_goes_all_the_way(tmp_path):
    """The names of the folder and of a picture are not UTF-8, as other systems write them."""
    folder = pictures(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")), 40, (32, 32))
    (folder / "000.png").rename(os.fsdecode(os.fsencode(folder) + b"/\xe9.png"))
    found = survey(folder, "cafe")
    fit = fitted([found], BUDGETS["quick"], "mine", rates(0.001), 2)
    config, path = fit.config, tmp_path / "mine.yaml"
    write_text(path, text_of(config, [found], "quick", fit.seconds, 2, path))
    read = load_config(path)
    assert check(read) == [] and read == config
    cell = SimpleNamespace(dataset="cafe", scope="all")
    assert "cafe" in source_files(read, cell)
    assert json.loads(configuration(read, cell))["datasets"]["cafe"]["source"]["path"] == str(
        folder
    )
    told(found, "white", "").encode()


def test_the_command_writes_once_and_snakemake_takes_it(tmp_path):
    pictures(tmp_path / "cats", 40, (32, 32))

    def init():
        command = [sys.executable, "-m", "datasets", "init", str(tmp_path / "cats")]
        command += ["--out", str(tmp_path / "mine.yaml")]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert init().returncode == 0
    before = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(before)["name"] == "mine"
    again = init()
    assert again.returncode == 1 and "already exists" in again.stderr
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == before
