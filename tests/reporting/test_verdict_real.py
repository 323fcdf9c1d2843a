"""The verdict on copies, collapse and missing metrics: samples beside real images."""

import pytest

from metrics.shares import Calibration, share_of
from reporting.runs import MetricValue
from reporting.tables.cells import Row, ranked
from reporting.verdict.sentences import verdict
from tests.reporting.by_hand import SAMPLES, control, row, said, told


def judged(method, *runs, **fields) -> Row:
    """A method's row of the metric `copies`; each run is (share, lower end, p-value)."""
    measured = [
        MetricValue(value=share, better="neither", interval=(low, 1.0), doubt=doubt)
        for share, low, doubt in runs
    ]
    values = [share for share, _, _ in runs]
    return row(method, *values, metric="copies", better="neither", measured=measured, **fields)


COPY, NEW = (1.0, 0.91, 1e-9), (0.0, 0.0, 0.8)


def test_who_copies_whatever_the_spread_of_the_runs():
    """A rate of 1 in every run has no deviation between runs, and needs none."""
    copier, honest = judged("a", COPY, COPY), judged("b", NEW, NEW)
    assert said(copier, honest) == [
        "d, n = 64: a copies training images by copies (a 100 % of its samples, at least 91 %, in "
        "2 of 2 runs)."
    ]
    both = said(copier, judged("c", (0.12, 0.04, 1e-4), NEW), honest)
    assert both == [
        "d, n = 64: a and c copy training images by copies (a 100 % of its samples, at least 91 %, "
        "in 2 of 2 runs; c 6 % of its samples, at least 4 %, in 1 of 2 runs)."
    ]
    assert said(honest, judged("c", NEW)) == []
    surer = judged("d", (1.0, 0.97, 1e-12), COPY)
    assert "(d 100 % of its samples, at least 91 %, in 2 of 2 runs)" in said(surer)[-1]


def test_of_many_runs_one_that_chance_may_have_made_is_no_copier():
    unlucky = (0.05, 0.01, 0.02)
    assert "a copies" in said(judged("a", unlucky))[-1]
    assert not any("copies" in one for one in said(judged("a", (0.05, 0.0, 0.03))))
    eight = said(*(judged(name, unlucky if name == "a" else NEW) for name in "abcdefgh"))
    assert not any("copies" in sentence for sentence in eight)


@pytest.mark.parametrize(
    ("hits", "new", "share"),
    [(64, 15, "100 % of its samples, at least 94 %"), (0, 15, None), (0, 1024, None)],
)
def test_rates_of_one_and_zero_in_every_run_need_no_spread(hits, new, share):
    """The interval and the p-value come from the counts of the metric alone."""
    found = share_of(hits, 64, Calibration(1, new))
    run = found.value, found.low, found.doubt
    said_of = said(judged("a", run, run), judged("b", NEW, NEW))
    assert bool(said_of) == bool(share)
    assert not share or f"a copies training images by copies (a {share}, in 2 of 2" in said_of[0]


@pytest.mark.parametrize("metric", ["am_ssim", "copying_rate", "copying_rate_ssim"])
def test_nearness_to_training_images_is_no_copying(metric):
    """Blank and blurred images are more similar to training images than new images are."""
    where = {"metric": metric, "better": "neither"}
    wild = MetricValue(value=0.97, better="neither", interval=(0.9, 1.0), doubt=1e-9)
    rows = row("a", 0.97, 0.98, **where, measured=[wild]), row("b", 0.42, 0.39, **where)
    assert said(*rows, control("heldout", 0.4, 0.02, **where)) == []


def test_a_winner_that_copies_is_called_so():
    fids = ranked([row("a", 10, 10.5, 11), row("b", 20, 21, 22)])

    def won(of_a):
        found = verdict([*fids, judged("a", of_a, of_a), judged("b", NEW, NEW)], str, SAMPLES)
        return next(sentence for sentence in found if "is best" in sentence)

    assert won(COPY).endswith("3 runs each); but 100 % of its samples are copies.")
    assert won(NEW).endswith("3 runs each).")


@pytest.mark.parametrize(
    ("metrics", "missing"),
    [
        (["fid_train"], "copies or alike was not measured: add copies and diversity to"),
        (["fid_train", "diversity"], "copies was not measured: add copies to"),
        (["copies", "fid_train"], "alike was not measured: add diversity to"),
        (["copies", "diversity"], None),
        (["w2_train"], None),
    ],
)
def test_what_was_not_looked_for_is_said(metrics, missing):
    rows = [
        row(name, 10, 11, metric=metric, better="neither") for metric in metrics for name in "ab"
    ]
    found = verdict(rows, str, SAMPLES)
    assert found == (
        [] if missing is None else [f"d, n = 64: whether samples are {missing} the metrics."]
    )


def test_a_winner_among_images_nobody_compared_is_told_so():
    found = verdict(
        ranked([row(n, v, v + 1, metric="fid_train") for n, v in (("a", 10), ("b", 20))]),
        str,
        SAMPLES,
    )
    assert found[0].endswith("2 runs each); but nobody looked for copies.")


def alike(metric, values, real=1.0):
    """The sentences if a wins by FID and has these values of a metric of variety."""
    where = {"metric": metric, "better": "neither"}
    fids = ranked([row("a", 10, 10.5, 11), row("b", 20, 21, 22)])
    floor = control("disjoint", 25.0, 0.5)
    rows = [row("a", *values, **where), row("b", real, real, 0.9 * real, **where)]
    beside = control("heldout", real, 0.01, **where)
    return told([*fids, floor, *rows, beside])


def test_a_collapse_is_named_before_any_praise():
    collapsed, won, beyond = alike("diversity", [0.02, 0.03, 0.04])
    assert collapsed == (
        "d, n = 64: a has collapsed: the samples of a run are nearly alike by diversity (0.030 "
        "against 1.00 of real images). Other values of few different images say little."
    )
    assert won.endswith("3 runs each); but its samples are nearly alike.")
    assert "b lies beyond" in beyond and "a" not in beyond.split(":")[1].split(" lies")[0]


def test_one_collapsed_run_of_three_is_named():
    assert "a (in 1 of 3 runs) has collapsed" in alike("diversity", [0.02, 1.0, 1.0])[0]


def test_what_covers_few_real_images_is_named():
    far, won, _ = alike("coverage_train", [0.016, 0.016, 0.016], real=0.9)
    assert far == (
        "d, n = 64: a comes near few of the real images by coverage_train (0.016 against 0.900 of "
        "real images): modes are missing, or samples look like none of them."
    )
    assert won.endswith("; but its samples are near few real images.")


@pytest.mark.parametrize(("metric", "value"), [("diversity", 0.45), ("coverage_train", 0.22)])
def test_half_the_variety_of_real_images_or_a_quarter_of_their_coverage_is_named(metric, value):
    assert " a has collapsed" in alike(metric, [value])[0] or (
        "comes near few of the real images" in alike(metric, [value])[0]
    )


@pytest.mark.parametrize(("metric", "values"), [("diversity", 0.6), ("coverage_train", 0.3)])
def test_less_variety_than_real_images_have_is_no_collapse(metric, values):
    sentences = alike(metric, [values] * 3)
    assert "3 runs each)." in sentences[0] and "a and b lie beyond" in sentences[1]
