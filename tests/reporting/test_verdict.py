from dataclasses import replace

import pytest

from metrics.shares import Calibration, share_of
from reporting.runs import Measured
from reporting.tables.cells import Row, ranked
from reporting.tables.searched import Search
from reporting.verdict.sentences import verdict
from reporting.verdict.words import listed

SAMPLES = 64


def row(method, *values, metric="fid", better="lower", status="ok", n=64, **fields) -> Row:
    planned = fields.pop("planned", len(values))
    return Row("d", n, method, metric, {0: list(values)}, planned, status, better, **fields)


def control(name, value, error, **where) -> Row:
    return row(f"control:{name}", value, error=error, judged=SAMPLES, drawn=True, **where)


def said(*rows, titles=str) -> list[str]:
    """The sentences on one line of methods, ranked as in a table, and its controls."""
    methods = ranked([one for one in rows if not one.drawn])
    return told([*methods, *(one for one in rows if one.drawn)], titles)


def told(rows, titles=str) -> list[str]:
    """The verdict, but for what was not measured."""
    found = verdict(rows, titles, SAMPLES)
    return [
        one.replace("; but nobody looked for copies", "")
        for one in found
        if "not measured" not in one
    ]


def test_names_are_listed():
    assert [listed(list(names)) for names in ("A", "AB", "ABC")] == ["A", "A and B", "A, B and C"]


def test_what_wins_beyond_doubt():
    assert said(row("b", 20, 21, 22), row("a", 10, 10.5, 11), row("c", 30, 31, 32)) == [
        "d, n = 64: a is best beyond doubt on this subset by fid (10.50 against 21.00 of b, "
        "the next; 3 runs each)."
    ]


@pytest.mark.parametrize(
    ("status", "planned", "words"),
    [
        ("diverged", 3, "1 of its 3 runs has no value (diverged)"),
        ("missing", 4, "2 of its 4 runs have no value (missing)"),
    ],
)
def test_a_leader_with_a_run_that_has_no_value_is_named(status, planned, words):
    leader = row("a", 310.9, 314.1, status=status, planned=planned)
    rows = ranked([leader, row("b", 355, 358.3, 361.8)])
    assert rows[0].ranks == (1, 1) and not rows[0].best
    assert told(rows) == [
        "d, n = 64: a is best of the runs that ended on this subset by fid (312.5 against "
        f"358.4 of b, the next; 2 runs and 3 runs); but {words}."
    ]


def test_metrics_that_agree_share_a_sentence():
    rows = []
    for metric, size in (("fid", 1), ("kid", 1000), ("recall", -1)):
        better = "higher" if size < 0 else "lower"
        where = {"metric": metric, "better": better}
        pair = row("a", size, size * 1.1, **where), row("b", size * 3, size * 3.1, **where)
        rows += ranked(pair)
    assert told(rows) == [
        "d, n = 64: a is best beyond doubt on this subset by fid (1.05 against 3.05 of b, the "
        "next; 2 runs each), kid (1,050 against 3,050 of b, the next; 2 runs each) and recall "
        "(-1.05 against -3.05 of b, the next; 2 runs each)."
    ]


def test_places_that_agree_share_a_sentence():
    rows = [row(name, 10, n=n) for n in (64, 128) for name in "ab"]
    (sentence,) = told(rows)
    assert sentence.startswith("d, n = 64 and 128: one run per method, and another seed would")


def test_what_wins_on_several_subsets_wins_beyond_them():
    runs = [{d: [start + d, start + d + 0.1] for d in range(3)} for start in (10, 20)]
    rows = [Row("d", 64, f"m{i}", "k", values, 6, "ok", "lower") for i, values in enumerate(runs)]
    rows[1] = replace(rows[1], values={d: [v + 0.01 * d for v in r] for d, r in runs[1].items()})
    (sentence,) = said(*rows)
    assert "m0 is best beyond doubt by k (11.05 against 21.06 of m1" in sentence
    assert sentence.endswith("; 3 subsets each).")


def test_higher_is_better_where_the_metric_says_so():
    where = {"metric": "recall", "better": "higher"}
    means = {"a": 0.5, "b": 0.8, "c": 0.3}
    rows = [row(name, v, v + 0.01, v + 0.02, **where) for name, v in means.items()]
    (sentence,) = said(*rows)
    assert "b is best beyond doubt on this subset by recall (0.810 against 0.510 of a" in sentence


def count(sentence):
    """How many seeds a sentence asks for."""
    return int(sentence.split("about ")[1].split()[0])


def test_what_cannot_be_told_apart_and_how_many_seeds_would_decide():
    (sentence,) = said(row("b", 230.0, 270.0), row("a", 183.2, 213.1), row("c", 900.0, 905.0))
    assert "which is best is open: b and a cannot be told apart by fid (about " in sentence
    assert sentence.endswith(" training seeds would tell a from b, 2 now).")
    assert 3 <= count(sentence) <= 20


def test_more_seeds_are_asked_for_where_spreads_are_larger():
    def asked(spread):
        return count(*said(row("a", 10, 10 + spread), row("b", 12, 12 + spread)))

    assert 2 < asked(1.5) < asked(3.0)


def test_equal_methods_are_not_asked_for_a_million_seeds():
    (sentence,) = said(row("a", 10, 12, 11), row("b", 12, 10, 11.001))
    assert "(1,000 training seeds would not tell a from b: take them as equal)" in sentence


def test_equal_means_of_different_runs_are_open_not_equal():
    (sentence,) = said(row("a", 10, 12), row("b", 9, 13))
    assert sentence.startswith("d, n = 64: which is best is open: a and b cannot be told apart")


def test_with_several_subsets_it_is_data_seeds_that_are_missing():
    runs = ({0: [10.0, 11.0], 1: [14.0, 15.0]}, {0: [12.0, 12.5], 1: [15.0, 15.2]})
    rows = [Row("d", 64, f"m{i}", "k", values, 4, "ok", "lower") for i, values in enumerate(runs)]
    (sentence,) = said(*rows)
    assert " data seeds would tell m0 from m1, 2 now)" in sentence


def test_methods_without_a_common_subset_are_asked_for_one():
    runs = ({0: [10.0], 1: [11.0], 2: [], 3: []}, {0: [], 1: [], 2: [15.0], 3: [15.2]})
    rows = [Row("d", 64, f"m{i}", "k", values, 4, "ok", "lower") for i, values in enumerate(runs)]
    (sentence,) = said(*rows)
    assert sentence.endswith("by k (more data seeds on shared subsets are needed).")


def test_methods_of_the_same_value_are_equal():
    where = {"metric": "iterations"}
    assert said(row("a", 100, 100, **where), row("b", 100, 100, **where)) == [
        "d, n = 64: a and b are equal by iterations (100)."
    ]


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_runs_that_agree_to_the_last_digit_are_told_without_asking_for_seeds(better):
    first, second = ("a", "b") if better == "lower" else ("b", "a")
    values = {"a": "5.00", "b": "9.00"}
    assert said(row("a", 5, 5, 5, better=better), row("b", 9, 9, 9, better=better)) == [
        f"d, n = 64: {first} is ahead of {second} by fid ({values[first]} against "
        f"{values[second]}; 3 runs each), but their runs agree to the last digit: no test can "
        "weigh that, and more seeds would hardly change it."
    ]


def test_four_runs_that_agree_are_no_chance():
    """All of one side below all of the other: 2 of 70 orders, 2.9 %."""
    (sentence,) = said(row("a", 5, 5, 5, 5), row("b", 9, 9, 9, 9))
    assert "a is best beyond doubt on this subset" in sentence


def test_one_side_without_spread_is_weighed_by_the_other():
    (sentence,) = said(row("a", 5, 5, 5), row("b", 9, 9.1, 9.2))
    assert "a is best beyond doubt on this subset" in sentence


def test_one_run_a_method_ranks_nothing():
    rows = [row("a", 10), row("b", 20), row("a", 0.5, metric="am_ssim", better="neither")]
    sentences = told([*ranked(rows[:2]), rows[2]])
    assert len(sentences) == 1 and sentences[0].startswith("d, n = 64: one run per method")
    assert "seeds: training: [0, 1, 2]" in sentences[0]


def test_a_method_without_a_second_seed_is_named():
    (sentence,) = said(row("a", 10, 10.1, 9.9), row("b", 20))
    assert sentence.endswith("cannot be told apart by fid; a second run is missing for b.")


def test_a_line_without_values_says_nothing():
    empty = Row("d", 64, "a", "fid", {0: []}, 1, "missing", "neither")
    assert verdict([empty, replace(empty, method="b")], str, SAMPLES) == []


def judged(method, *runs, **fields) -> Row:
    """What `copies` says of a method: (share, lower end, p-value) of each run."""
    measured = [
        Measured(value=share, better="neither", interval=(low, 1.0), doubt=doubt)
        for share, low, doubt in runs
    ]
    values = [share for share, _, _ in runs]
    return row(method, *values, metric="copies", better="neither", measured=measured, **fields)


COPY, NEW = (1.0, 0.91, 1e-9), (0.0, 0.0, 0.8)


def test_who_copies_whatever_the_spread_of_the_runs():
    """A rate of 1 in every run has no spread, and needs none."""
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
    """Counts as the metric has them: the interval and the p-value come from these alone."""
    found = share_of(hits, 64, Calibration(1, new))
    run = found.value, found.low, found.doubt
    said_of = said(judged("a", run, run), judged("b", NEW, NEW))
    assert bool(said_of) == bool(share)
    assert not share or f"a copies training images by copies (a {share}, in 2 of 2" in said_of[0]


@pytest.mark.parametrize("metric", ["am_ssim", "copying_rate", "copying_rate_ssim"])
def test_nearness_to_training_images_is_no_copying(metric):
    """Blank and blurred images are nearer to training images than new ones are."""
    where = {"metric": metric, "better": "neither"}
    wild = Measured(value=0.97, better="neither", interval=(0.9, 1.0), doubt=1e-9)
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


def test_a_choice_by_the_runs_shown_flatters():
    def sentences(best, *, tried=3):
        search = Search("batch=8", tried, "fid", best)
        return said(row("a", 10, 10.5, 11, search=search), row("b", 20, 21, 22))

    won, flattered = sentences(True)
    assert won.endswith("3 runs each); but chance helped to choose its settings.")
    assert flattered.startswith(
        "d, n = 64: settings were chosen by fid of the runs shown: a (the best of 3). The "
        "best of several is partly luck, so these values flatter"
    )
    assert "the best of 7" in sentences(True, tried=7)[1]
    (alone,) = sentences(False)  # the first of several, not the best of them
    assert alone.endswith("3 runs each).")


def test_a_searched_method_that_does_not_win_is_named_all_the_same():
    loser = row("b", 20, 21, 22, search=Search("batch=8", 2, "fid", True))
    won, flattered = said(row("a", 10, 10.5, 11), loser)
    assert won.endswith("3 runs each).") and "b (the best of 2)" in flattered


def test_what_lies_beyond_the_floor():
    rows = row("a", 10, 10.5, 11), row("b", 20, 21, 22), row("c", 30, 31, 32)
    sentences = said(*rows, control("disjoint", 25.0, 0.5))
    assert sentences[1:] == [
        "d, n = 64: a and b lie beyond what other real images get by fid (10.50 and 21.00 "
        "against 25.00): that is nearness to the reference rows, not quality."
    ]
    unsure = said(*rows, control("disjoint", 25.0, 20.0))
    assert not any("beyond what" in sentence for sentence in unsure)


def test_a_claim_with_a_method_of_one_run_says_so():
    rows = row("a", 10, 10.5, 11), row("b", 15, error=0.5, judged=SAMPLES)
    sentences = said(*rows, control("disjoint", 25.0, 0.5))
    assert "(10.50 and 15.00 against 25.00) (as far as one run shows): that is" in sentences[-1]


def test_the_floor_of_a_metric_that_should_be_high_is_above():
    where = {"metric": "recall", "better": "higher"}
    rows = row("a", 0.5, 0.51, 0.52, **where), row("b", 0.9, 0.91, 0.92, **where)
    sentences = said(*rows, control("disjoint", 0.7, 0.01, **where))
    assert "b lies beyond what other real images get by recall (0.910 against" in sentences[1]


def test_a_floor_of_fewer_rows_is_none_and_is_said():
    rows = row("a", 10, 10.5, 11), row("b", 20, 21, 22)
    sentences = said(*rows, control("disjoint", 25.0, 0.5, few=12))
    assert sentences[1:] == [
        "d, n = 64: control:disjoint: 12 against 64 samples a run, and fewer rows change most "
        "metrics: 52 more would make them comparable."
    ]


PATH = [(0, 400), (10, 390), (100, 300), (340, 250), (1091, 200), (3500, 150)]


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_which_runs_still_improved_when_they_ended(better):
    path = [(at, value if better == "lower" else 500 - value) for at, value in PATH]
    rows = row("a", 1, 2, 3, better=better, followed=path), row("b", 1, 2, 4, better=better)
    half, last = ("200", "150") if better == "lower" else ("300", "350")
    assert [s for s in said(*rows) if "still improving" in s] == [
        "d, n = 64: still improving when training ended, by fid: "
        f"a ({half} after 1,091 iterations, {last} after 3,500)."
    ]
    still = row("a", 1, 2, 3, better=better, followed=[*path[:-1], (3500, path[-2][1])])
    assert not [s for s in said(still, rows[1]) if "still improving" in s]


def test_runs_improve_by_the_first_metric_that_was_followed():
    rows = [
        row("a", 1, 2, metric="am_ssim", better="neither", followed=PATH),
        row("a", 1, 2, metric="kid", followed=PATH),
        row("b", 1, 2, metric="kid"),
        row("b", 1, 2, metric="fid", followed=PATH),
    ]
    (sentence,) = told(rows)
    assert "by kid: a (" in sentence and sentence.count("after 3,500") == 1


def alike(metric, values, real=1.0):
    """The sentences where a wins by FID and has these values of a metric of variety."""
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


def test_a_metric_without_a_good_side_neither_wins_nor_improves():
    where = {"metric": "am_ssim", "better": "neither"}
    rows = row("a", 1, 1.1, 1.2, **where, followed=PATH), row("b", 5, 5.1, 5.2, **where)
    assert said(*rows, control("disjoint", 3.0, 0.1, **where)) == []


def test_sentences_call_things_by_their_titles():
    titles = {"d": "Digits", "a": "A-GAN", "fid": "FID"}
    sentences = said(
        row("a", 1, 1.1, 1.2), row("b", 5, 5.1, 5.2), titles=lambda name: titles.get(name, name)
    )
    assert sentences[0].startswith("Digits, n = 64: A-GAN is best")
