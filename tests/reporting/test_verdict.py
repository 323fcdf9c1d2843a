from dataclasses import replace

import pytest

from reporting.tables.cells import Row, ranked
from reporting.tables.searched import Search
from reporting.verdict.sentences import verdict
from reporting.verdict.words import listed
from tests.reporting.by_hand import SAMPLES, control, row, said, told


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
    """The number of seeds that a sentence asks for."""
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
    pair = "a from b" if better == "lower" else "b from a"
    assert said(row("a", 5, 5, 5, better=better), row("b", 9, 9, 9, better=better)) == [
        "d, n = 64: which is best is open: a and b cannot be told apart by fid (no test can tell "
        f"{pair}: the runs of each agree to the last digit)."
    ]


def test_four_runs_that_agree_are_no_chance():
    """All runs of one side are below all of the other: 2 of 70 orders, 2.9 %."""
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
