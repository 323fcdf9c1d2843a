"""Figures of some experiments only: stages, grids of settings, the theorem, squares of latents."""

from dataclasses import replace

import numpy as np

from reporting.controls import read_controls
from reporting.figures import bound, boxes, stages, walks
from reporting.figures.group import groups
from reporting.runs import read_runs
from suite.protocol.artefacts import Trajectory, save_samples
from suite.running.files import write_text


def only_group(made, plan):
    return groups(
        plan, made.results, list(read_runs(plan, made.results)), read_controls(plan, made.results)
    )[0]


def trained(made, methods, **changes):
    plan = made.planned(methods, training_seeds=(0,), **changes)
    for method in methods:
        made.train(method)
    made.subset()
    return plan


def test_stages_are_marked_on_the_curve_where_the_samples_were_taken(made):
    plan = trained(made, ("ga-cntk",))
    folder = made.folder("ga-cntk") / "part0"
    lines = "".join(f"{i},{i},{1 - i / 1000}\n" for i in range(101))
    write_text(folder / "history.csv", "iteration,seconds,loss\n" + lines)
    (axes,) = stages.draw(only_group(made, plan)).axes
    curve, *marks = axes.lines
    assert len(curve.get_xdata()) == 101
    places = [(float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in marks]
    np.testing.assert_allclose(places, [(1, 1.0), (11, 0.99), (101, 0.9)])
    shown = [inset.get_title() for inset in axes.child_axes]
    assert shown == ["0", "10", "100"]


def test_stages_are_of_images_with_one_loss(made):
    plan = trained(made, ("dcgan",))
    folder = made.folder("dcgan") / "part0"
    write_text(folder / "history.csv", "iteration,seconds,loss_d,loss_g\n1,1,1,1\n")
    assert stages.draw(only_group(made, plan)) is None
    write_text(folder / "history.csv", "iteration,seconds,loss\n1,1,1\n")
    assert stages.draw(only_group(made, plan)) is not None
    Trajectory(np.zeros((1, 5, 2), np.float32), np.array([0])).save(folder / "trajectory.npz")
    assert stages.draw(only_group(made, plan)) is None


def test_a_box_holds_the_mean_of_each_setting_that_ended(made):
    variants = [f"wgan@clip={c}" for c in (1, 2, 3, 4)]
    plan = made.planned((*variants, "ga-cntk"), metrics=("fid_train",))
    for k, variant in enumerate(variants):
        for seed in (0, 1):
            made.train(variant, seed)
            made.judge(variant, seed, 10.0 * k + seed)
    made.train("ga-cntk")
    made.judge("ga-cntk", 0, 5.0)
    group = only_group(made, plan)
    assert boxes.values_of(group, "fid_train") == {"wgan": [0.5, 10.5, 20.5, 30.5]}
    (axes,) = boxes.draw(group).axes
    assert [t.get_text() for t in axes.get_xticklabels()] == ["wgan\n(4)"]
    made.judge(variants[0], 0, None, status="diverged")
    made.judge(variants[0], 1, None, status="diverged")
    assert boxes.draw(only_group(made, plan)) is None


def test_the_theorem_is_about_plain_descent_on_half_the_square(made):
    plan = trained(made, ("ga-cntk",))
    lines = "".join(f"{i},1,{8 - i / 9},{g}\n" for i, g in enumerate([3, 2, 4, 1, *[1] * 20]))
    path = made.folder("ga-cntk") / "part0" / "history.csv"
    write_text(path, "iteration,seconds,loss,gradient_norm\n" + lines)
    place = ("table1", "mnist", "ga-cntk")
    about = {**bound.THEOREM, "step": 0.5}
    told = replace(plan, settings={place: about})
    (axes,) = bound.draw(only_group(made, told)).axes
    least, most = axes.lines
    np.testing.assert_allclose(least.get_ydata()[:5], [9, 4, 4, 1, 1])
    np.testing.assert_allclose(most.get_xdata() * most.get_ydata(), 2 * 8 / 0.5)
    for key, value in {"objective": "norm", "optimiser": "adam", "schedule": "cosine"}.items():
        other = replace(plan, settings={place: about | {key: value}})
        assert bound.draw(only_group(made, other)) is None


def test_a_walk_is_shown_where_there_is_one(made):
    plan = trained(made, ("ga-cntk",))
    assert walks.draw(only_group(made, plan)) is None
    images = np.zeros((9, 8, 8, 1), np.uint8)
    images[2] = 200
    save_samples(made.folder("ga-cntk") / "walk.npz", images)
    (axes,) = walks.draw(only_group(made, plan)).axes
    sheet = np.asarray(axes.images[0].get_array())[..., :3]
    assert sheet.shape == (26, 26, 3)
    assert (sheet[:8, 18:] == 200).all() and (sheet[:8, :17] != 200).all()
