"""The page contains what the tables contain, loads nothing, and escapes names of users."""

import base64
import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reporting.controls import read_controls
from reporting.figures.style import PALETTE, REAL, new, save, tile
from reporting.pages.about import about
from reporting.pages.charts import VARIABLES, chart
from reporting.pages.index import MOST, index_page
from reporting.pages.pictures import PIXELS, sheet
from reporting.pages.values import budget, value_of
from reporting.runs import read_runs
from reporting.tables.cells import Row
from reporting.tables.fill import fill
from reporting.tables.text import tidy
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running.files import read_json, write_arrays, write_json, write_text
from tests.reporting.strict import parsed


def page_of(made):
    """The page, after a strict reader has accepted it."""
    runs = list(read_runs(made.plan, made.results))
    text = index_page(made.plan, made.results, runs, read_controls(made.plan, made.results))
    parsed(text)
    return text


def sketch(made, *kinds):
    """Write charts with a dotted line instead of the curves of `write_figures`."""
    for kind in kinds:
        figure, (axes,) = new(2, 2)
        axes.plot([0, 1], [0, 1], color=PALETTE[0], marker="o", label="a line")
        axes.legend()
        save(figure, made.results / "figures" / f"{kind}-table1-mnist-n64.png")


def words(text):
    """The text of the page's body, without tags and scripts."""
    body = re.sub("<(script|style).*?</\\1>", "", text, flags=re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", body).split())


def panels(text):
    """Heading -> text of each panel."""
    found = re.findall('<div class="panel".*?aria-label="(.*?)">(.*?)</div>', text, re.DOTALL)
    return {heading: words(inner) for heading, inner in found}


def test_values_are_those_of_the_csv_in_full(half_done):
    """The cells are sorted by the full means of the CSV, and by no other numbers."""
    half_done.control()
    half_done.judge("ga-cntk", 0, 123.456789)
    runs = list(read_runs(half_done.plan, half_done.results))
    filled = fill("table1", half_done.plan, runs, read_controls(half_done.plan, half_done.results))
    lines = csv.DictReader(io.StringIO(tidy(filled.rows)))
    expected = sorted(float(line["ours_mean"]) for line in lines if line["ours_mean"])
    orders = re.findall('data-order="([^"]+)"', page_of(half_done))
    assert sorted(map(float, orders)) == pytest.approx(expected, rel=1e-9) and len(expected) == 8


def test_a_panel_tells_all_about_a_value(half_done):
    half_done.control()
    followed = [(0, 400), (40, 50), (50, 40), (60, 35), (100, 30.5)]
    lines = ["iteration,metric,value,generated", *(f"{i},fid_train,{v},64" for i, v in followed)]
    write_text(half_done.folder("dcgan") / "trajectory.csv", "\n".join(lines))
    found = panels(page_of(half_done))
    told = found["DCGAN · FID · MNIST, n = 64"]
    for text in (
        "ours 30.50 ± 0.71",
        "runs 2 of 2: 30.00, 31.00",
        "published 27.43, Table 1",
        "difference +3.07, ours less published",
        "floor 30.00, of as many other real images",
        "copying AM-SSIM 0.500",
        "budget 100 iterations, 20.00 s (stopped by: budget)",
        "late training from 40.00 after 50 iterations to 30.50 after 100, in samples of the first",
    ):
        assert text in told
    control = found["disjoint real images · FID · MNIST, n = 64"]
    assert "value 30.00" in control
    assert not [word for word in ("budget", "floor", "copying") if word in control]


def test_copying_is_said_where_the_verdict_says_it(made):
    """Where copies were found, not where similarity is high, as it is for blurred images."""
    plan = made.planned(metrics=("fid_train", "am_ssim", "copies"))
    for seed in (0, 1):
        for method, share, doubt in (("dcgan", 0.98, 1e-9), ("ga-cntk", 0.0, 0.7)):
            made.judge(method, seed, 30.0, ssim=0.9)
            path = made.folder(method, seed) / "metrics.json"
            content = read_json(path)
            entry = {"value": share, "std": 0.01, "interval": [share / 2, 1], "doubt": doubt}
            content["metrics"]["copies"] = entry | {"better": "neither"}
            write_json(path, content)
    made.plan = plan
    text = page_of(made)
    found = panels(text)
    assert "DCGAN copies training images by" in text and "ga-cntk copies" not in text
    assert "copies 0.980: copies" in found["DCGAN · FID · MNIST, n = 64"]
    told = found["ga-cntk · FID · MNIST, n = 64"]
    assert "AM-SSIM 0.900" in told and ": copies" not in told


def test_a_metric_that_does_not_fit_the_data_has_no_line(half_done):
    half_done.plan = half_done.planned(unfit=frozenset({("mnist", "am_ssim")}))
    assert {name.split(" · ")[1] for name in panels(page_of(half_done))} == {"FID"}


def test_every_value_opens_a_panel_that_is_there(half_done):
    found = parsed(page_of(half_done))
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    opened = [one["popovertarget"] for tag, one in found if tag == "button"]
    links = [one["href"][1:] for tag, one in found if tag in ("a", "use") and "href" in one]
    assert set(opened) | set(links) <= set(ids) and len(set(opened)) == 4 and links


def test_nothing_is_loaded_from_elsewhere(half_done):
    sketch(half_done, "learning")
    text = page_of(half_done)
    for _, attributes in parsed(text):
        for name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
        assert "url(" not in re.sub(r"url\(#", "", " ".join(filter(None, attributes.values())))
    assert "@import" not in text and 'content="default-src &#39;none&#39;' not in text
    assert "default-src 'none'; img-src data:;" in text


def test_what_a_user_named_is_escaped(half_done):
    name = "<b>bold</b>"
    titles = {"dcgan": f"{name} & co", "mnist": name, "fid_train": name, "am_ssim": name}
    half_done.plan = half_done.planned(
        titles=titles, heading=name, headings={"table1": (name, name)}, protocol={name: name}
    )
    text = page_of(half_done)
    assert "<b>" not in text.split("<script>")[0] and "&lt;b&gt;bold&lt;/b&gt; &amp; co" in text


def test_sections_show_what_there_is_and_no_more(half_done):
    """Without figures there are no charts, and without nearest images no section for them."""
    text = page_of(half_done)
    assert re.findall('<section id="([a-z0-9-]+)"', text) == [
        *("verdict", "table-table1", "samples", "trajectory", "about")
    ]
    images = np.zeros((2, 8, 8, 1), np.uint8)
    ssim = np.array([0.25, 1.0])
    arrays = {"generated": images, "nearest": images, "ssim": ssim}
    write_arrays(half_done.folder("dcgan") / "nearest.npz", arrays)
    sketch(half_done, "path", "curves", "learning")
    text = page_of(half_done)
    sections = re.findall('<section id="([a-z0-9-]+)"', text)
    assert sections[2:-1] == ["path", "samples", "nearest", "trajectory", "curves", "learning"]
    assert "<figcaption>0.25</figcaption>" in text and "<figcaption>1.00</figcaption>" in text


def test_provenance_and_runs_are_folded_away(half_done):
    text = page_of(half_done)
    folded = text[text.index('id="about"') :]
    shown = text[: text.index('id="about"')]
    for word in ("processor of the run", "c0ffee", "1 of 2"):
        assert word in folded and word not in shown
    assert folded.count("<details>") == 7 and "Permission is hereby granted" in folded


def test_every_run_and_part_is_listed_with_its_seeds_and_each_device_once(made):
    made.plan = made.planned(data_seeds=(3,), training_seeds=(0, 1))
    made.train("ga-cntk", 1, part=0, data_seed=3)
    made.train("ga-cntk", 1, part=1, data_seed=3)
    folder = made.folder("dcgan", data_seed=3).relative_to(made.results)
    write_text(made.results / "logs" / folder / "part0.log", "error: it broke: mend it")
    found = about(made.plan, list(read_runs(made.plan, made.results)))
    grids = {title: lines for title, (_, lines, _) in found.items()}
    listed = [(line[3], line[4], line[5]) for line in grids["Runs"]]
    assert listed == [
        ("ga-cntk", "3, 0", "1 of 2"),
        ("ga-cntk", "3, 1", "1 of 2"),
        ("ga-cntk", "3, 1", "2 of 2"),
        ("DCGAN", "3, 0", ""),
        ("DCGAN", "3, 1", ""),
    ]
    assert "it broke" in grids["Runs"][3][-1]
    assert [line for line in grids["Provenance"] if line[0] == "Devices"] == [
        ["Devices", "processor of the run"]
    ]


def test_a_value_says_its_rank_and_whether_fewer_rows_were_judged():
    row = Row("d", 64, "m", "k", {0: [1.0, 3.0]}, 2, "ok", "lower")
    assert value_of(row).notes == [] and value_of(row).std == "± 1.41"
    assert value_of(replace(row, ranks=(2, 4))).notes == ["rank 2–4"]
    assert value_of(replace(row, ranks=(2, 2))).notes == ["rank 2"]
    assert value_of(replace(row, few=9)).std == "± 1.41*"


def test_a_budget_tells_the_fewest_and_the_most_iterations_and_the_parts(made):
    for part, seconds in ((0, 10.0), (1, 30.0)):
        made.train("ga-cntk", 0, part)
        path = made.folder("ga-cntk") / f"part{part}" / "run.json"
        record = read_json(path) | {"seconds": seconds, "iterations": 100 + 50 * part}
        write_json(path, record)
    run = next(iter(read_runs(made.plan, made.results)))
    row = Row("mnist", 64, "ga-cntk", "k", {0: [1.0]}, 2, "ok", "lower", runs=[run])
    told = "100 to 150 iterations, 20.00 s, each of 2 parts a run (stopped by: budget)"
    assert budget(row) == told


def test_a_page_of_nothing_says_so(made):
    text = words(page_of(made))
    assert "0 of 4 runs" in text and "no run has been judged" in text
    assert "Nothing has run yet" in text


@pytest.mark.parametrize(("reach", "low", "high"), [(1, 0, 1), (5, -6, 6)])
def test_one_method_of_points_without_published_values(made, reach, low, high):
    """The page does not mention the paper. Points are drawn in the square of the real points."""
    made.plan = made.planned(methods=("dcgan",), experiment="ring", n=16)
    real = reach * np.random.default_rng(0).uniform(size=(16, 2)).astype(np.float32)
    real[5] = reach
    points = real.copy()
    points[3] = [2 * reach, 0.5]
    rows = np.arange(16)
    where = {"experiment": "ring", "n": 16}
    made.train("dcgan", **where)
    made.judge("dcgan", 0, 30.0, **where)
    folder = made.folder("dcgan", **where) / "part0"
    save_samples(folder / "samples.npz", points)
    Trajectory(np.stack([points, points]), np.array([0, 100])).save(folder / "trajectory.npz")
    path = made.results / "data" / "mnist" / "n16" / "seed0.npz"
    Subset(real, rows, rows, "ring8", "train", 0).save(path)
    text = page_of(made)
    for word in ("published", "paper", "Table 1"):
        assert word not in words(text)
    drawn = re.findall('class="dots" style="stroke:([^"]+)" d="([^"]+)"', text)
    assert [path.count("M") for _, path in drawn] == [16] + [15] * 3
    x, y = re.match(r"M(\d+) (\d+)h0", drawn[1][1]).groups()
    across, up = (points[0] - low) / (high - low)
    assert (int(x), int(y)) == (round(512 * across), round(512 * (1 - up)))
    assert "DCGAN (1 of 16 outside)" in text
    assert drawn[0][0] == "var(--ink)" and drawn[1][0].startswith("var(--pen-")


def test_the_title_is_the_readers_own(made):
    """The title of the configuration, else that of its only table, else its name."""

    def title():
        return re.search("<h1>(.*)</h1>", page_of(made))[1]

    assert title() == "made"
    made.plan = made.planned(experiment="mine", headings={"mine": ("Sandals & more", "")})
    assert title() == "Sandals &amp; more"
    made.plan = made.planned(heading="Shoes", headings={"table1": ("Sandals", "")})
    assert title() == "Shoes"


def test_the_verdict_comes_first_and_a_long_one_is_folded(made):
    for n in range(MOST):
        for seed in (0, 1):
            made.judge("dcgan", seed, 30.0 + n + seed / 100, n=64 + n)
            made.judge("ga-cntk", seed, 90.0 + seed / 100, n=64 + n)
    cells = tuple(cell for n in range(MOST) for cell in made.planned(n=64 + n).cells)
    made.plan = made.planned(cells=cells)
    text = page_of(made)
    sentences = re.findall("<li>(MNIST, n = [0-9]+: DCGAN is best beyond doubt[^<]*)", text)
    assert len(sentences) == MOST and "<summary>1 more</summary>" in text  # what was not measured
    places = [text.index(part) for part in (sentences[0], "1 more", sentences[-1], 'class="lines"')]
    assert places == sorted(places)


def test_the_page_says_how_to_read_its_metrics(made):
    made.plan = made.planned(explained={"FID": "Lower is better & small samples make it large."})
    assert "Lower is better &amp; small samples make it large." in page_of(made)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_holds_the_pixels_of_as_many_images_as_fit(channels):
    images = np.random.default_rng(0).integers(0, 256, (70, 64, 64, channels), dtype=np.uint8)
    drawn = sheet("a", "a", images, REAL, (0.0, 1.0))
    data = re.search('href="data:image/png;base64,([^"]+)"', drawn.content)[1]
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))
    np.testing.assert_array_equal(seen, tile(images[:16], 4))
    assert PIXELS == 16 * 64 * 64 and drawn.thumb == (4 * 65 - 1, 64)


def test_a_chart_has_its_own_names_and_the_readers_colours(half_done):
    sketch(half_done, "learning")
    (path,) = (half_done.results / "figures").glob("learning-*.svg")
    text = chart(path)
    ElementTree.fromstring(text)
    names = set(re.findall(' id="([^"]+)"', text))
    assert all(name.startswith(f"{path.stem}-") for name in names)
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) <= names
    assert not set(re.findall("#[0-9a-f]{6}", text)) & set(VARIABLES)
    assert "var(--pen-" in text and ' style="--width: 144pt"' in text.split(">")[0]
    assert {color.lower() for color in PALETTE} <= set(VARIABLES)
