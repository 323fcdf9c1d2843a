from dataclasses import replace
from math import sqrt
from statistics import stdev

import pytest

from reporting.controls import read_controls
from reporting.published import read_published
from reporting.runs import read_runs
from reporting.tables.cells import Row, order, ranked, surely_better
from reporting.tables.fill import fill
from reporting.tables.text import markdown, tidy
from suite.running.errors import InputError
from suite.running.files import write_text

PUBLISHED = read_published("table1")


def rows(made, plan=None, table="table1"):
    return {(row.method, row.metric): row for row in filled(made, plan, table).rows}


def filled(made, plan=None, table="table1"):
    plan = plan or made.plan
    return fill(table, plan, read_runs(plan, made.results), read_controls(plan, made.results))


def test_mean_and_sample_deviation_over_seeds(made):
    made.judge("dcgan", 0, 30.0)
    made.judge("dcgan", 1, 34.0)
    row = rows(made)["dcgan", "fid_train"]
    assert (row.mean, row.std, row.seeds, row.flags) == (32.0, sqrt(8), 2, "ok")
    assert row.difference == pytest.approx(32.0 - 27.43)


def test_a_metrics_own_error_stands_for_a_single_value_alone(made):
    made.judge("dcgan", 0, 30.0, std=1.5)
    assert rows(made)["dcgan", "fid_train"].error == 1.5
    made.judge("dcgan", 1, 34.0, std=2.5)
    assert rows(made)["dcgan", "fid_train"].error is None


def test_a_table_holds_the_runs_of_its_own_experiment(made):
    plans = [made.planned(experiment=name) for name in ("table1", "table2")]
    plan = replace(plans[0], cells=plans[0].cells + plans[1].cells)
    made.judge("dcgan", 0, 30.0)
    made.judge("dcgan", 0, 50.0, experiment="table2")
    for table, value in (("table1", 30.0), ("table2", 50.0)):
        row = rows(made, plan, table)["dcgan", "fid_train"]
        assert (row.mean, row.planned) == (value, 2)


def test_the_best_of_searched_settings_stands_for_the_method(made):
    plan = made.planned(("dcgan@batch=16", "dcgan@batch=32", "ga-cntk"), criterion="fid_train")
    assert (
        rows(made, plan)["dcgan", "fid_train"].flags == "missing;first of 2 by fid_train: batch=16"
    )
    for seed in (0, 1):
        made.judge("dcgan@batch=16", seed, 40.0, ssim=0.3)
        made.judge("dcgan@batch=32", seed, 30.0, ssim=0.9)
    found = rows(made, plan)
    assert found["dcgan", "fid_train"].flags == "ok;best of 2 by fid_train: batch=32"
    assert found["dcgan", "fid_train"].published.value == 27.43
    assert (found["dcgan", "fid_train"].mean, found["dcgan", "am_ssim"].mean) == (30.0, 0.9)
    assert found["ga-cntk", "fid_train"].search is None
    text = markdown(filled(made, plan))
    assert "MNIST, n = 64, DCGAN: best of 2 by fid_train: batch=32" in text


def test_without_a_criterion_each_of_the_settings_has_a_column(made):
    plan = made.planned(("ga-cntk", "dcgan@batch=16", "dcgan@batch=32"))
    for seed in (0, 1):
        made.judge("dcgan@batch=16", seed, 40.0)
        made.judge("dcgan@batch=32", seed, 30.0)
    found = rows(made, plan)
    assert [found[f"dcgan@batch={b}", "fid_train"].mean for b in (16, 32)] == [40.0, 30.0]
    assert {found[f"dcgan@batch={b}", "fid_train"].published.value for b in (16, 32)} == {27.43}
    assert not found["dcgan@batch=16", "fid_train"].search
    assert [m for m, metric in found if metric == "fid_train"][:3] == [
        "dcgan@batch=16",
        "dcgan@batch=32",
        "ga-cntk",
    ]
    assert "DCGAN (batch=32)" in markdown(filled(made, plan))


def test_settings_of_which_a_run_diverged_are_not_the_best(made):
    plan = made.planned(("dcgan@batch=16", "dcgan@batch=32"), criterion="fid_train")
    for seed in (0, 1):
        made.judge("dcgan@batch=16", seed, 40.0)
    made.judge("dcgan@batch=32", 0, 30.0)
    made.judge("dcgan@batch=32", 1, 0.0, status="diverged")
    assert rows(made, plan)["dcgan", "fid_train"].search.variant == "batch=16"


def test_runs_on_several_subsets_are_one_mean(made):
    """The deviation is over all runs: here 2 between seeds and 10 between subsets."""
    plan = made.planned(data_seeds=(0, 1))
    for data_seed, fid in ((0, 30.0), (1, 40.0)):
        for seed in (0, 1):
            made.judge("dcgan", seed, fid + 2 * seed, data_seed=data_seed)
    row = rows(made, plan)["dcgan", "fid_train"]
    assert (row.mean, row.seeds, row.planned, row.status) == (36.0, 4, 4, "ok")
    assert row.std == pytest.approx(sqrt((6**2 + 4**2 + 4**2 + 6**2) / 3))
    half = 12.7062 * (10 / sqrt(2)) / sqrt(2)  # subsets of means 31 and 41, one degree of freedom
    assert row.estimate.interval == pytest.approx((36 - half, 36 + half), rel=1e-4)


def test_a_subset_without_its_runs_is_missing(made):
    for seed in (0, 1):
        made.judge("dcgan", seed, 30.0, data_seed=1)
    row = rows(made, made.planned(data_seeds=(0, 1)))["dcgan", "fid_train"]
    assert (row.mean, row.seeds, row.planned, row.status) == (30.0, 2, 4, "missing")


def test_every_planned_cell_is_a_row_before_anything_has_run(made):
    found = rows(made)
    assert set(found) == {(m, k) for m in ("ga-cntk", "dcgan") for k in ("fid_train", "am_ssim")}
    assert all(row.flags == "missing" and row.mean is None for row in found.values())


def test_a_published_value_never_stands_for_ours(made):
    row = rows(made)["dcgan", "fid_train"]
    assert row.published.value == 27.43
    assert row.mean is None and row.difference is None


def test_partial_runs_give_a_mean_but_not_ok(made):
    made.judge("dcgan", 0, 30.0)
    row = rows(made)["dcgan", "fid_train"]
    assert (row.mean, row.std, row.seeds, row.planned, row.status) == (30.0, None, 1, 2, "missing")


def test_a_diverged_run_is_no_number(made):
    made.judge("dcgan", 0, 30.0)
    made.judge("dcgan", 1, 9999.0, status="diverged")
    row = rows(made)["dcgan", "fid_train"]
    assert (row.mean, row.seeds, row.status) == (30.0, 1, "diverged")


def test_a_run_that_diverged_and_was_not_judged_is_diverged(made):
    for seed in (0, 1):
        made.train("dcgan", seed, stop="diverged")
    assert rows(made)["dcgan", "fid_train"].status == "diverged"


@pytest.mark.parametrize(
    ("log", "status"),
    [("step 3\nerror: no space is left\n", "failed"), ("step 3\n", "missing")],
)
def test_a_log_that_ends_in_an_error_is_a_failure_and_a_killed_job_is_not(made, log, status):
    folder = made.folder("dcgan").relative_to(made.results)
    write_text(made.results / "logs" / folder / "part0.log", log)
    assert rows(made)["dcgan", "fid_train"].status == status


def test_an_error_is_forgotten_once_the_part_has_ended(made):
    folder = made.folder("dcgan").relative_to(made.results)
    write_text(made.results / "logs" / folder / "part0.log", "error: no space is left\n")
    for seed in (0, 1):
        made.train("dcgan", seed)
        made.judge("dcgan", seed, 30.0)
    assert rows(made)["dcgan", "fid_train"].status == "ok"


def test_a_suspect_published_value_is_flagged(made):
    plan = made.planned(methods=("lsgan",))
    for seed in (0, 1):
        made.judge("lsgan", seed, 30.0)
    found = rows(made, plan)
    assert found["lsgan", "fid_train"].flags == "ok;suspect"
    assert found["lsgan", "am_ssim"].flags == "ok"


def test_tidy_has_exactly_the_promised_columns(made):
    made.judge("dcgan", 0, 30.0)
    made.judge("dcgan", 1, 30.5)
    lines = tidy(list(rows(made).values())).splitlines()
    head = "dataset,n,method,metric,ours_mean,ours_std,seeds,published,difference,status"
    assert lines[0] == head
    assert lines[1] == f"mnist,64,dcgan,fid_train,30.25,{stdev([30, 30.5]):.10g},2,27.43,2.82,ok"
    assert lines[2] == "mnist,64,ga-cntk,fid_train,,,0,31.1,,missing"


def test_methods_stand_in_the_order_of_the_paper_others_after():
    assert order(["mine", "ga-cntk", "dcgan"], PUBLISHED) == ["dcgan", "ga-cntk", "mine"]


def test_table_9_reads_the_records_of_runs(made):
    plan = made.planned(methods=("wgan",), experiment="table9", n=256)
    for seed, best in ((0, 40), (1, 60)):
        made.train("wgan", seed, experiment="table9", n=256, details={"best_iteration": best})
    found = rows(made, plan, "table9")
    assert found["wgan", "best_iteration"].mean == 50
    assert found["wgan", "best_iteration"].difference == 50 - 7000
    assert found["wgan", "best_seconds"].mean == 10.0  # 50 iterations at 5 a second
    assert found["wgan", "iterations"].mean == 100
    assert found["wgan", "iterations"].published is None


def test_table_9_takes_the_mean_over_the_parts_of_a_run_and_faster_is_higher(made):
    plan = made.planned(methods=("ga-cntk",), experiment="table9", n=256, training_seeds=(0,))
    for part, best in ((0, 20), (1, 80)):
        details = {"best_iteration": best}
        made.train("ga-cntk", 0, part, experiment="table9", n=256, details=details)
    found = rows(made, plan, "table9")
    assert found["ga-cntk", "best_iteration"].mean == 50
    assert found["ga-cntk", "iterations_per_second"].mean == 5
    better = {metric: row.better for (_, metric), row in found.items()}
    assert better.pop("iterations_per_second") == "higher" and set(better.values()) == {"lower"}


def test_a_run_without_a_best_iteration_has_none_in_table_9(made):
    plan = made.planned(methods=("wgan",), experiment="table9", n=256, training_seeds=(0,))
    made.train("wgan", experiment="table9", n=256)
    found = rows(made, plan, "table9")
    assert found["wgan", "best_iteration"].status == "missing"
    assert found["wgan", "seconds"].status == "ok"


def line(better, *runs, status="ok"):
    """Rows of the methods m0, m1, ... in one line, from the values of their runs on one subset."""
    return [
        Row("d", 64, f"m{i}", "k", {0: values}, len(values), status, better)
        for i, values in enumerate(runs)
    ]


def test_bold_needs_a_difference_beyond_doubt_to_every_other():
    apart = ranked(line("lower", (10, 10.1, 9.9), (13, 13.1, 12.9), (20, 20.1, 19.9)))
    assert [row.best for row in apart] == [True, False, False]
    assert [row.ranks for row in apart] == [(1, 1), (2, 2), (3, 3)]
    touching = ranked(line("lower", (10, 12, 11), (13, 11, 12), (30, 30.1, 29.9)))
    assert not any(row.best for row in touching)
    assert [row.ranks for row in touching] == [(1, 2), (1, 2), (3, 3)]


def test_higher_may_be_better():
    rows = ranked(line("higher", (1, 1.01, 0.99), (2, 2.01, 1.99)))
    assert [row.best for row in rows] == [False, True]


def test_the_number_of_comparisons_counts_for_ranks_and_not_for_the_best():
    """The first beats each other one (p = 0.008 or more), but not after 28 comparisons."""
    first, others = (10.0, 11.0, 12.0), [(14.0 + i / 100, 15.0, 16.0) for i in range(7)]
    rows = ranked(line("lower", first, *others))
    assert rows[0].best and not surely_better(rows)
    assert {row.ranks for row in rows[1:]} == {(2, 8)}
    assert not any(row.best for row in ranked(line("lower", first, *others, (10.1, 11, 12))))


def test_one_seed_gives_no_rank_and_no_bold():
    """Two seeds of DCGAN gave 183.2 and 213.1, each with a standard error of 3."""
    rows = [replace(row, error=3.0, judged=64) for row in line("lower", (183.2,), (213.1,))]
    assert all(row.ranks is None and not row.best for row in ranked(rows))
    low, high = rows[0].estimate.interval
    assert low <= 213.1 <= high


def test_a_method_with_one_run_is_never_surely_worse():
    rows = ranked(line("lower", (10, 10.1, 9.9), (20, 20.1, 19.9), (900,)))
    assert [row.ranks for row in rows] == [(1, 2), (2, 3), None]
    assert not any(row.best for row in rows)


def test_runs_that_agree_to_the_last_digit_prove_nothing():
    assert not any(row.best for row in ranked(line("higher", (8.0, 8.0, 8.0), (7.0, 7.0, 7.0))))


def test_a_subset_counts_once_however_many_runs_it_has():
    """Two subsets with 50 runs each are two repeats, with one degree of freedom."""
    runs = {d: [10.0 * d + r / 100 for r in range(50)] for d in (0, 1)}
    row = Row("d", 64, "m", "k", runs, 100, "ok", "lower")
    half = 12.7062 * (10 / sqrt(2)) / sqrt(2)
    assert row.repeats == 2 and row.seeds == 100
    assert row.estimate.interval == pytest.approx((row.mean - half, row.mean + half), rel=1e-4)


def test_methods_are_compared_pair_by_pair_on_the_same_subsets():
    """Subsets differ far more than methods. The difference is nearly the same on each subset."""
    runs = [{0: [10.0], 1: [50.0], 2: [90.0]}, {0: [12.0], 1: [52.1], 2: [92.2]}]
    rows = [Row("d", 64, f"m{i}", "k", values, 3, "ok", "lower") for i, values in enumerate(runs)]
    assert [row.best for row in ranked(rows)] == [True, False]
    alone = ranked(line("lower", *([v for one in r.values() for v in one] for r in runs)))
    assert not any(row.best for row in alone)


def test_a_best_of_which_a_run_is_missing_is_not_bold():
    rows = line("lower", (10, 10.1, 9.9), (13, 13.1, 12.9))
    first = ranked([replace(rows[0], status="missing"), rows[1]])[0]
    assert first.ranks == (1, 1) and first.leads and not first.best


def test_nothing_is_best_where_the_metric_has_no_good_side():
    rows = ranked(line("neither", (1, 1.01, 0.99), (2, 2.01, 1.99)))
    assert all(not row.best and row.ranks is None for row in rows)


def test_controls_are_rows_without_a_rank(made):
    made.control(fid=1.0)
    for seed in (0, 1):
        made.judge("dcgan", seed, 30.0 + seed / 100)
        made.judge("ga-cntk", seed, 40.0 + seed / 100)
    found = rows(made)
    floor = found["control:disjoint", "fid_train"]
    assert (floor.mean, floor.seeds, floor.flags, floor.ranks) == (1.0, 1, "ok", None)
    assert floor.estimate.interval == pytest.approx((-1, 3), abs=2e-3)  # t(63) = 1.998
    assert floor.published is None and not floor.best
    assert found["dcgan", "fid_train"].best


def test_held_out_rows_that_are_trained_on_are_said_first(made):
    made.control()
    assert not any("held-out rows" in sentence for sentence in filled(made).verdict)
    made.control(shared=3)
    assert filled(made).verdict[0] == (
        "MNIST, n = 64: 3 of the 20 held-out rows are training rows too, so that metrics against "
        "held-out rows reward copies."
    )


def test_controls_are_means_over_data_seeds(made):
    plan = made.planned(data_seeds=(0, 1, 2))
    made.control(fid=10.0)
    made.control(fid=14.0, seed=1)
    floor = rows(made, plan)["control:disjoint", "fid_train"]
    assert (floor.mean, floor.std, floor.seeds) == (12.0, sqrt(8), 2)
    assert floor.status == "missing"  # that of data seed 2


def test_a_control_that_does_not_apply_has_no_row(made):
    made.control()
    found = rows(made, made.planned(metrics=("fid_train", "fid_heldout")))
    assert ("control:train", "fid_train") in found
    assert ("control:train", "fid_heldout") not in found


def test_a_damaged_control_is_named(made):
    write_text(made.results / "controls" / "mnist" / "n64" / "data0.json", '{"controls": {"a": 1}}')
    with pytest.raises(InputError, match=r"data0\.json: controls\.a"):
        read_controls(made.plan, made.results)


def test_a_missing_results_folder_is_refused(made):
    with pytest.raises(InputError, match="no such folder"):
        list(read_runs(made.plan, made.results / "nothing"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metrics.json", "{", "not valid JSON"),
        ("metrics.json", '{"status": "fine"}', "status"),
        ("part0/run.json", "[]", "no record of a run"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(made, name, text, message):
    write_text(made.folder("dcgan") / name, text)
    with pytest.raises(InputError, match=message) as error:
        list(read_runs(made.plan, made.results))
    assert name.split("/")[-1] in str(error.value)
