import numpy as np
import pytest
from matplotlib.path import Path

from reporting.controls import Controls
from reporting.figures import curves, learning, nearest, paths, samples, strips, write
from reporting.figures.group import groups
from reporting.figures.write import write_figures
from reporting.runs import read_runs
from reporting.tables.write import write_tables
from reporting.trajectories import read_history, read_trajectory
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running.errors import InputError
from suite.running.files import write_arrays, write_text
from tests.reporting.strict import parsed


def runs_of(made):
    return list(read_runs(made.plan, made.results))


def only(monkeypatch, *kinds):
    """Draw only these kinds of figures."""
    monkeypatch.setattr(write, "KINDS", {kind: write.KINDS[kind] for kind in kinds})


def test_tables_are_written_and_parse(half_done, capsys):
    write_tables(half_done.plan, half_done.results)
    folder = half_done.results / "tables"
    assert sorted(p.name for p in folder.glob("[!.]*")) == [
        "table1.csv",
        "table1.html",
        "table1.md",
    ]
    found = parsed((folder / "table1.html").read_text())
    text = (folder / "table1.md").read_text()
    assert text.strip() == capsys.readouterr().out.strip()
    assert "30.50 ± 0.71 / 27.43 (+3.07)" in text
    assert "– / 31.10" in text
    assert not [attributes for tag, attributes in found if "src" in attributes]
    # the dataset and its size appear once, beside the lines of both metrics
    assert [one["rowspan"] for _, one in found if "rowspan" in one] == ["2", "2"]


def test_markdown_columns_are_as_many_in_every_line(half_done):
    write_tables(half_done.plan, half_done.results)
    lines = (half_done.results / "tables" / "table1.md").read_text().splitlines()
    grid = [line for line in lines if line.startswith("|")]
    assert len(grid) == 2 + 2 and {line.count("|") for line in grid} == {6}


def test_what_a_user_named_is_escaped(made):
    plan = made.planned(titles={"dcgan": "<b>DCGAN & co"})
    write_tables(plan, made.results)
    page = (made.results / "tables" / "table1.html").read_text()
    parsed(page)
    assert "&lt;b&gt;DCGAN &amp; co" in page


def test_figures_show_what_there_is_and_no_more(half_done):
    write_figures(half_done.plan, half_done.results)
    names = sorted(path.name for path in (half_done.results / "figures").glob("[!.]*-*"))
    kinds = ("learning", "samples", "stages", "trajectory")
    assert names == [f"{kind}-table1-mnist-n64.{form}" for kind in kinds for form in ("png", "svg")]
    listed = (half_done.results / "figures" / "SHA256SUMS").read_text(encoding="utf-8")
    assert [line.split()[1] for line in listed.splitlines()] == names


def test_a_group_has_its_methods_in_order_and_the_rows_of_the_first_data_seed(made):
    plan = made.planned(data_seeds=(4, 7))
    for method in ("dcgan", "ga-cntk"):
        made.train(method, 0, data_seed=7)
    (group,) = groups(plan, made.results, read_runs(plan, made.results), Controls())
    assert group.subset.name == "seed4.npz"
    assert list(group.runs) == [name for name in group.pens if name in group.runs]
    assert [run.data_seed for run in group.runs["dcgan"]] == [7]


def test_a_learning_curve_has_a_line_for_each_loss_of_each_run(made):
    plan = made.planned(methods=("dcgan",))
    for seed in (0, 1):
        made.train("dcgan", seed)
        history = "iteration,seconds,loss_d,loss_g\n1,0.1,0.8,\n100,20,0.7,0.9\n"
        write_text(made.folder("dcgan", seed) / "part0" / "history.csv", history)
    (group,) = groups(plan, made.results, read_runs(plan, made.results), Controls())
    axes = learning.draw(group).axes[0]
    drawn = [line.get_ydata().tolist() for line in axes.lines]
    np.testing.assert_array_equal(drawn, [[0.8, 0.7], [np.nan, 0.9]] * 2)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["loss d", "loss g"]


def test_samples_are_drawn_without_real_images_where_the_subset_is_gone(half_done):
    def titles():
        (group,) = groups(half_done.plan, half_done.results, runs_of(half_done), Controls())
        figure = samples.draw(group)
        return figure.get_suptitle(), [axes.get_title() for axes in figure.axes]

    assert titles() == (
        "MNIST, n = 64: real images and samples of each method",
        ["real (training)", "DCGAN", "ga-cntk"],
    )
    (half_done.results / "data" / "mnist" / "n64" / "seed0.npz").unlink()
    assert titles() == ("MNIST, n = 64: samples of each method", ["DCGAN", "ga-cntk"])
    write_figures(half_done.plan, half_done.results)
    assert len(list((half_done.results / "figures").glob("*.png"))) == 4


def test_points_are_scattered_where_images_are_tiled(made):
    points = np.random.default_rng(0).uniform(size=(16, 2)).astype(np.float32)
    rows = np.arange(16)
    folder = made.folder("dcgan") / "part0"
    made.train("dcgan")
    save_samples(folder / "samples.npz", points)
    Trajectory(np.stack([points, points]), np.array([0, 100])).save(folder / "trajectory.npz")
    Subset(points, rows, rows, "ring8", "train", 0).save(
        made.results / "data" / "mnist" / "n64" / "seed0.npz"
    )
    (group,) = groups(made.plan, made.results, runs_of(made), Controls())
    drawn = samples.draw(group).axes
    assert [len(axes.collections) for axes in drawn] == [1, 1]
    np.testing.assert_array_equal(drawn[1].collections[0].get_offsets(), points)
    assert all(len(axes.collections) == 1 for axes in strips.draw(group).axes)


def test_the_path_is_drawn_once_trajectories_are_judged(half_done, monkeypatch):
    only(monkeypatch, "path", "curves", "nearest")
    lines = ["iteration,metric,value,generated"]
    for iteration, fid, ssim in ((0, 300, 0.05), (100, 40, 0.5)):
        lines += [f"{iteration},fid_train,{fid},16", f"{iteration},am_ssim,{ssim},16"]
    text = "\n".join(lines)
    write_text(half_done.folder("dcgan") / "trajectory.csv", text)
    write_figures(half_done.plan, half_done.results)
    names = {path.name for path in (half_done.results / "figures").glob("*.png")}
    assert names == {f"{kind}-table1-mnist-n64.png" for kind in ("path", "curves")}


def test_controls_stand_in_tables_and_path(half_done, monkeypatch):
    only(monkeypatch, "path")
    half_done.control()
    text = "iteration,metric,value,generated\n10,fid_train,50,16\n10,am_ssim,0.4,16\n"
    write_text(half_done.folder("dcgan") / "trajectory.csv", text)
    bare = half_done.results / "bare"
    write_figures(half_done.plan, half_done.results)
    path = half_done.results / "figures" / "path-table1-mnist-n64.png"
    path.rename(bare)
    half_done.control(fid=20.0)
    write_figures(half_done.plan, half_done.results)
    assert path.read_bytes() != bare.read_bytes()
    write_tables(half_done.plan, half_done.results)
    page = (half_done.results / "tables" / "table1.html").read_text()
    assert '<th class="control">disjoint real images</th>' in page


def test_a_control_of_fewer_rows_says_so_in_head_and_value(half_done):
    half_done.control(rows=12, left_out=["held-out images: there are none"])
    write_tables(half_done.plan, half_done.results)
    folder = half_done.results / "tables"
    text = (folder / "table1.md").read_text()
    assert "| disjoint real images (12 rows) |" in text and "| 30.00* |" in " ".join(text.split())
    assert "the head has their number" in text
    assert "Controls left out:\n\n- MNIST, n = 64: held-out images: there are none" in text
    assert '<th class="control">disjoint real images (12 rows)</th>' in (
        folder / "table1.html"
    ).read_text().replace("  ", " ")
    half_done.control(rows=64)
    write_tables(half_done.plan, half_done.results)
    text = (folder / "table1.md").read_text()
    assert "| disjoint real images |" in text and "*" not in text.replace("**", "")


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_an_experiment_of_a_free_name_says_nothing_of_published_values(made, suffix):
    """The cells are those of Table 1, for which the paper has values."""
    plan = made.planned(experiment="my_own-images")
    for seed in (0, 1):
        made.judge("dcgan", seed, 30.0 + seed, experiment="my_own-images")
    write_tables(plan, made.results)
    text = (made.results / "tables" / f"my_own-images.{suffix}").read_text()
    assert "My own images" in text and "30.50" in text
    for word in ("published", "paper", "Table 1", "27.43"):
        assert word not in text.split("</style>")[-1]


def test_title_and_description_are_the_configurations(made):
    plan = made.planned(experiment="mine", headings={"mine": ("Sandals & more", "Of <64> each.")})
    write_tables(plan, made.results)
    text = (made.results / "tables" / "mine.md").read_text()
    assert text.startswith("# Sandals & more\n\nOf <64> each.\n")
    page = (made.results / "tables" / "mine.html").read_text()
    assert "<h1>Sandals &amp; more</h1>" in page and "Of &lt;64&gt; each." in page


def test_the_paper_is_not_spoken_of_where_it_has_no_values(made):
    plan = made.planned(methods=("mine",))
    write_tables(plan, made.results)
    assert "ublished" not in (made.results / "tables" / "table1.md").read_text()


def test_the_verdict_stands_above_the_table(made):
    for seed in (0, 1):
        made.judge("dcgan", seed, 30.0 + seed / 100)
        made.judge("ga-cntk", seed, 90.0 + seed / 100)
    write_tables(made.plan, made.results)
    sentence = "DCGAN is best beyond doubt on this subset by FID (30.01 against 90.00 of ga-cntk"
    text = (made.results / "tables" / "table1.md").read_text()
    page = (made.results / "tables" / "table1.html").read_text()
    for content, table in ((text, "| data "), (page, "<table>")):
        assert 0 < content.index(sentence) < content.index(table)


def test_nearest_images_are_drawn_for_the_runs_that_have_them(half_done, monkeypatch):
    """One of two methods has none, and the other one diverged."""
    images = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8, 1)
    half_done.train("dcgan", stop="diverged")
    ssim = np.array([0.25, 0.5, 1.0])
    arrays = {"generated": images, "nearest": images[::-1], "ssim": ssim}
    write_arrays(half_done.folder("dcgan") / "nearest.npz", arrays)
    (group,) = groups(half_done.plan, half_done.results, runs_of(half_done), Controls())
    (axes,) = nearest.draw(group).axes
    assert axes.get_title() == "DCGAN (diverged)"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.25", "0.50", "1.00"]
    sheet = axes.images[0].get_array()
    np.testing.assert_array_equal(sheet[:8, :8, 0], sheet[9:, 18:, 0])
    only(monkeypatch, "nearest")
    write_figures(half_done.plan, half_done.results)
    assert (half_done.results / "figures" / "nearest-table1-mnist-n64.png").exists()


def test_a_snapshot_without_both_metrics_is_a_point_of_a_curve_but_not_of_a_path(half_done):
    text = "iteration,metric,value,generated\n10,fid_train,50,16\n10,am_ssim,0.4,16\n"
    write_text(half_done.folder("dcgan") / "trajectory.csv", text + "0,fid_train,300,16\n")
    runs = read_runs(half_done.plan, half_done.results)
    (group,) = groups(half_done.plan, half_done.results, runs, Controls())
    (path,) = paths.draw(group).axes
    np.testing.assert_array_equal(path.lines[0].get_xydata(), [[0.4, 50]])
    fid, ssim = curves.draw(group).axes
    np.testing.assert_array_equal(fid.lines[0].get_xydata(), [[0, 300], [10, 50]])
    np.testing.assert_array_equal(ssim.lines[0].get_xydata(), [[10, 0.4]])


@pytest.mark.parametrize("line", ["10,fid_train,high,16", "10,fid_train"])
def test_a_damaged_trajectory_is_named(tmp_path, line):
    write_text(tmp_path / "t.csv", f"iteration,metric,value,generated\n{line}\n")
    with pytest.raises(InputError, match="no judged trajectory"):
        read_trajectory(tmp_path / "t.csv")


@pytest.mark.parametrize("text", ["iteration,loss\n1,low\n", "iteration,loss\n1\n"])
def test_a_damaged_history_is_named(tmp_path, text):
    write_text(tmp_path / "history.csv", text)
    with pytest.raises(InputError, match="no table of numbers"):
        read_history(tmp_path / "history.csv")


def test_no_moment_of_a_training_is_shown_twice(half_done):
    """Three snapshots give three columns. A method with two leaves the third empty."""
    images = np.zeros((4, 8, 8, 1), np.uint8)
    short = Trajectory(np.stack([images] * 3), np.array([0, 17, 17]))
    short.save(half_done.folder("ga-cntk") / "part0" / "trajectory.npz")
    (group,) = groups(half_done.plan, half_done.results, runs_of(half_done), Controls())
    titles = [axes.get_title() for axes in strips.draw(group).axes]
    assert sorted([titles[:3], titles[3:]]) == [["0", "10", "100"], ["0", "17", ""]]


def test_labels_of_paths_lie_upon_no_other_no_marker_and_no_line(half_done):
    """Two methods move within a small area, where labels could hide something."""
    half_done.train("ga-cntk", part=1)
    rng = np.random.default_rng(0)
    for method in ("dcgan", "ga-cntk"):
        lines = ["iteration,metric,value,generated"]
        for i, (across, up) in enumerate(rng.normal(size=(20, 2))):
            lines += [f"{10 * i},fid_train,{100 + 10 * up},16"]
            lines += [f"{10 * i},am_ssim,{0.5 + 0.1 * across},16"]
        write_text(half_done.folder(method) / "trajectory.csv", "\n".join(lines))
    (group,) = groups(half_done.plan, half_done.results, runs_of(half_done), Controls())
    (axes,) = paths.draw(group).axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 10 < len(boxes) < 40
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    markers = [axes.transData.transform(line.get_xydata()) for line in axes.lines]
    assert not any(box.count_contains(points) for box in boxes for points in markers)
    drawn = [Path(points) for points in markers]
    assert not any(line.intersects_bbox(box, filled=False) for box in boxes for line in drawn)


@pytest.mark.parametrize("kind", [paths, curves])
def test_a_long_name_of_a_method_takes_nothing_from_the_axes(half_done, kind):
    """The axes keep their width, and the legend hides no text around them."""
    lines = ["iteration,metric,value,generated"]
    for i in range(3):
        lines += [f"{10 * i},fid_train,{100 - 10 * i},16", f"{10 * i},am_ssim,{0.2 + 0.2 * i},16"]
    write_text(half_done.folder("dcgan") / "trajectory.csv", "\n".join(lines))

    def drawn(title):
        plan = half_done.planned(titles=half_done.plan.titles | {"dcgan": title})
        (group,) = groups(plan, half_done.results, runs_of(half_done), Controls())
        figure = kind.draw(group)
        figure.draw_without_rendering()
        return figure

    short, long = drawn("DCGAN"), drawn("DCGAN with settings, " * 5)
    (legend,) = long.legends
    box = legend.get_window_extent()
    written = long.get_tightbbox().transformed(long.dpi_scale_trans)
    assert all(long.bbox.padded(1).contains(*corner) for corner in written.corners())
    for narrow, wide in zip(short.axes, long.axes, strict=True):
        assert wide.bbox.width == pytest.approx(narrow.bbox.width, rel=0.05)
        assert wide.get_tightbbox().x1 <= box.x0
    for text in long.texts:
        assert text.get_window_extent().x1 <= box.x0


def test_nothing_run_gives_no_figures_but_the_folder(made):
    write_figures(made.plan, made.results)
    assert [file.name for file in (made.results / "figures").glob("[!.]*")] == ["SHA256SUMS"]


def test_the_same_runs_give_the_same_bytes(half_done):
    def everything():
        write_tables(half_done.plan, half_done.results)
        write_figures(half_done.plan, half_done.results)
        made = [*half_done.results.glob("tables/[!.]*"), *half_done.results.glob("figures/[!.]*")]
        return {path.name: path.read_bytes() for path in made}

    first = everything()
    assert len(first) == 12 and everything() == first
