from dataclasses import replace

import pytest

from reporting.tables.cells import Row, ranked
from reporting.tables.searched import Search
from reporting.verdict import listed, verdict

SAMPLES = 64


def row(method, *values, metric="fid_train", better="lower", **fields) -> Row:
    return Row("d", 64, method, metric, {0: list(values)}, len(values), "ok", better, **fields)


def control(name, value, error, **where) -> Row:
    return row(f"control:{name}", value, error=error, drawn=True, **where)


def said(*rows, titles=str):
    """The sentences on one line of methods, ranked as in a table, and its controls."""
    methods = ranked([one for one in rows if not one.drawn])
    return verdict([*methods, *(one for one in rows if one.drawn)], titles, SAMPLES)


def test_names_are_listed():
    assert [listed(list(names)) for names in ("A", "AB", "ABC")] == ["A", "A and B", "A, B and C"]


def test_what_wins_beyond_doubt():
    assert said(row("b", 20, 21, 22), row("a", 10, 10.5, 11), row("c", 30, 31, 32)) == [
        "d, n = 64, fid_train: a is best beyond doubt on this subset, 10.50 against 21.00 of b, "
        "the next (3 runs and 3 runs)."
    ]


def test_what_wins_on_several_subsets_wins_beyond_them():
    runs = [{d: [start + d, start + d + 0.1] for d in range(3)} for start in (10, 20)]
    rows = [Row("d", 64, f"m{i}", "k", values, 6, "ok", "lower") for i, values in enumerate(runs)]
    rows[1] = replace(rows[1], values={d: [v + 0.01 * d for v in r] for d, r in runs[1].items()})
    (sentence,) = said(*rows)
    assert "m0 is best beyond doubt, 11.05 against 21.06 of m1" in sentence
    assert "(3 subsets and 3 subsets)" in sentence


def test_higher_is_better_where_the_metric_says_so():
    where = {"metric": "recall", "better": "higher"}
    means = {"a": 0.5, "b": 0.8, "c": 0.3}
    rows = [row(name, v, v + 0.01, v + 0.02, **where) for name, v in means.items()]
    (sentence,) = said(*rows)
    assert "b is best beyond doubt on this subset, 0.810 against 0.510 of a" in sentence


def test_what_cannot_be_told_apart_and_how_many_seeds_would_decide():
    (sentence,) = said(row("a", 183.2, 213.1), row("b", 230.0, 270.0), row("c", 900.0, 905.0))
    assert "which is best is open: a and b cannot be told apart" in sentence
    assert "To tell a from b, about " in sentence and " training seeds" in sentence
    count = int(sentence.split("about ")[1].split()[0])
    assert 3 <= count <= 20 and sentence.endswith("(2 now).")


def test_more_seeds_are_asked_for_where_spreads_are_larger():
    def count(spread):
        (sentence,) = said(row("a", 10, 10 + spread), row("b", 12, 12 + spread))
        return int(sentence.split("about ")[1].split()[0])

    assert 2 < count(1.0) < count(3.0)


def test_more_seeds_are_asked_for_among_more_methods():
    def count(*others):
        (sentence,) = said(row("a", 10, 13), row("b", 13, 15), *others)
        assert "a and b" in sentence or "a from b" in sentence
        return int(sentence.split("about ")[1].split()[0])

    assert count() < count(row("c", 90, 91), row("d", 95, 96))


def test_equal_methods_are_not_asked_for_a_million_seeds():
    (sentence,) = said(row("a", 10, 12, 11), row("b", 12, 10, 11.001))
    assert "No number of training seeds up to 1,000 would tell a from b" in sentence


def test_with_several_subsets_it_is_data_seeds_that_are_missing():
    runs = ({0: [10.0, 11.0], 1: [14.0, 15.0]}, {0: [12.0, 12.5], 1: [15.0, 15.2]})
    rows = [Row("d", 64, f"m{i}", "k", values, 4, "ok", "lower") for i, values in enumerate(runs)]
    (sentence,) = said(*rows)
    assert " data seeds would be needed (2 now)" in sentence


def test_methods_of_the_same_value_are_equal():
    where = {"metric": "iterations"}
    assert said(row("a", 100, 100, **where), row("b", 100, 100, **where)) == [
        "d, n = 64, iterations: a and b are equal, 100."
    ]


def test_runs_that_agree_to_the_last_digit_say_nothing():
    (sentence,) = said(row("a", 3, 3, 3), row("b", 4, 4, 4))
    assert "More training seeds are needed" in sentence


def test_one_run_a_method_ranks_nothing():
    rows = [row("a", 10), row("b", 20), row("a", 0.5, metric="am_ssim", better="neither")]
    sentences = verdict([*ranked(rows[:2]), rows[2]], str, SAMPLES)
    assert len(sentences) == 1 and sentences[0].startswith("d, n = 64: one run a method")
    assert "seeds: training: [0, 1, 2]" in sentences[0]


def test_a_method_without_a_second_seed_is_named():
    (sentence,) = said(row("a", 10, 10.1, 9.9), row("b", 20))
    assert "a and b cannot be told apart; a second seed is missing for b" in sentence


def test_a_line_without_values_says_nothing():
    empty = Row("d", 64, "a", "fid_train", {0: []}, 1, "missing", "neither")
    assert verdict([empty, replace(empty, method="b")], str, SAMPLES) == []


@pytest.mark.parametrize("metric", ["am_ssim", "copying_rate", "copying_rate_ssim"])
def test_who_is_nearer_to_the_training_images_than_real_ones_are(metric):
    where = {"metric": metric, "better": "neither"}
    copier, honest = row("a", 0.97, 0.98, 0.96, **where), row("b", 0.42, 0.39, 0.41, **where)
    fresh = control("heldout", 0.4, 0.02, **where)
    assert said(copier, honest, fresh) == [
        f"d, n = 64, {metric}: a (0.970) copies: nearer to the training images than new real "
        "images are (0.400)."
    ]
    assert said(honest, fresh) == [] and said(copier) == []
    below = row("c", 0.01, 0.011, 0.012, **where)
    assert said(below, fresh) == []


def test_a_winner_that_copies_is_called_so():
    near = {"metric": "am_ssim", "better": "neither"}
    fids = ranked([row("a", 10, 10.5, 11), row("b", 20, 21, 22)])

    def first(similarity):
        copies = [row("a", *similarity, **near), row("b", 0.4, 0.41, 0.42, **near)]
        return verdict([*fids, *copies, control("heldout", 0.4, 0.01, **near)], str, SAMPLES)[0]

    assert first([0.9, 0.91, 0.92]).endswith("(3 runs and 3 runs); but it copies.")
    assert first([0.4, 0.41, 0.42]).endswith("(3 runs and 3 runs).")


def test_a_choice_by_the_runs_shown_flatters():
    def sentences(best, *, tried=3):
        search = Search("batch=8", tried, "fid_train", best)
        return said(row("a", 10, 10.5, 11, search=search), row("b", 20, 21, 22))

    won, flattered = sentences(True)
    assert won.endswith("(3 runs and 3 runs); but chance helped to choose its settings.")
    assert flattered.startswith(
        "d, n = 64: settings were chosen by fid_train of the runs shown: a (the best of 3). The "
        "best of several is partly luck, so these values flatter"
    )
    assert "the best of 7" in sentences(True, tried=7)[1]
    (alone,) = sentences(False)  # the first of several, not the best of them
    assert alone.endswith("(3 runs and 3 runs).")


def test_a_searched_method_that_does_not_win_is_named_all_the_same():
    loser = row("b", 20, 21, 22, search=Search("batch=8", 2, "fid_train", True))
    won, flattered = said(row("a", 10, 10.5, 11), loser)
    assert won.endswith("(3 runs and 3 runs).") and "b (the best of 2)" in flattered


def test_one_run_may_show_that_it_copies():
    where = {"metric": "am_ssim", "better": "neither"}
    runs = row("a", 0.9, error=0.01, **where), row("b", 0.41, error=0.01, **where)
    sentences = said(*runs, control("heldout", 0.4, 0.01, **where))
    assert sentences[1:] == [
        "d, n = 64, am_ssim: a (0.900) copies: nearer to the training images than new real images "
        "are (0.400) (as far as one run shows)."
    ]


def test_nearness_by_another_metric_is_no_copying():
    where = {"metric": "reverse_am_ssim", "better": "neither"}
    assert said(row("a", 0.9, 0.91, **where), control("heldout", 0.4, 0.01, **where)) == []


def test_what_lies_beyond_the_floor():
    rows = row("a", 10, 10.5, 11), row("b", 20, 21, 22), row("c", 30, 31, 32)
    sentences = said(*rows, control("disjoint", 25.0, 0.5))
    assert sentences[1:] == [
        "d, n = 64, fid_train: a (10.50) and b (21.00) lie beyond what other real images get "
        "(25.00): that is nearness to the reference rows, not quality."
    ]
    unsure = said(*rows, control("disjoint", 25.0, 20.0))
    assert not any("beyond what" in sentence for sentence in unsure)


def test_a_claim_with_a_method_of_one_run_says_so():
    rows = row("a", 10, 10.5, 11), row("b", 15, error=0.5)
    sentences = said(*rows, control("disjoint", 25.0, 0.5))
    assert (
        "a (10.50) and b (15.00) lie beyond what other real images get (25.00) (as far as one"
        in (sentences[-1])
    )


def test_the_floor_of_a_metric_that_should_be_high_is_above():
    where = {"metric": "recall", "better": "higher"}
    rows = row("a", 0.5, 0.51, 0.52, **where), row("b", 0.9, 0.91, 0.92, **where)
    sentences = said(*rows, control("disjoint", 0.7, 0.01, **where))
    assert "b (0.910) lies beyond what other real images get" in sentences[1]


def test_a_floor_of_fewer_rows_is_none_and_is_said():
    rows = row("a", 10, 10.5, 11), row("b", 20, 21, 22)
    sentences = said(*rows, control("disjoint", 25.0, 0.5, few=12))
    assert sentences[1:] == [
        "d, n = 64: control:disjoint: 12 against 64 samples a run, and fewer rows change most "
        "metrics: 52 more would make them comparable."
    ]


@pytest.mark.parametrize(
    ("path", "improves"),
    [
        ([(0, 400), (49, 300), (51, 200), (100, 150)], True),
        ([(0, 400), (50, 200), (90, 151), (100, 150)], True),
        ([(0, 400), (10, 300), (50, 152), (100, 150)], False),  # within 5 % of the half's
        ([(0, 400), (10, 120), (50, 200), (100, 150)], False),  # it was better before
        ([(0, 400), (10, 150), (50, 150), (100, 220)], False),
        ([(0, 400), (1, 390), (17, 380), (300, 150)], False),  # nobody looked in between
        ([(100, 150)], False),
        ([], False),
    ],
)
@pytest.mark.parametrize("better", ["lower", "higher"])
def test_which_runs_still_improve_at_the_end(path, improves, better):
    if better == "higher":
        path = [(iteration, 500 - value) for iteration, value in path]
    rows = row("a", 1, 2, 3, better=better, followed=path), row("b", 1, 2, 4, better=better)
    found = [s for s in said(*rows) if "still improving" in s]
    assert bool(found) == improves
    if improves and better == "lower":
        assert found == [
            "d, n = 64: still improving in the second half of the training, by fid_train: "
            "a (200 to 150)."
        ]


def test_runs_improve_by_the_first_metric_that_was_followed():
    path = [(0, 400), (50, 300), (100, 100)]
    rows = [
        row("a", 1, 2, metric="am_ssim", better="neither", followed=path),
        row("a", 1, 2, metric="kid", followed=path),
        row("b", 1, 2, metric="kid"),
        row("b", 1, 2, metric="fid", followed=path),
    ]
    assert verdict(rows, str, SAMPLES) == [
        "d, n = 64: still improving in the second half of the training, by kid: a (300 to 100)."
    ]


def test_a_metric_without_a_good_side_neither_wins_nor_improves():
    where = {"metric": "am_ssim", "better": "neither"}
    path = [(0, 400), (50, 300), (100, 100)]
    rows = row("a", 1, 1.1, 1.2, **where, followed=path), row("b", 5, 5.1, 5.2, **where)
    assert said(*rows, control("disjoint", 3.0, 0.1, **where)) == []


def test_sentences_call_things_by_their_titles():
    titles = {"d": "Digits", "a": "A-GAN", "fid_train": "FID"}
    sentences = said(
        row("a", 1, 1.1, 1.2), row("b", 5, 5.1, 5.2), titles=lambda name: titles.get(name, name)
    )
    assert sentences[0].startswith("Digits, n = 64, FID: A-GAN is best")
