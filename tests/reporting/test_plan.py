import sys

import pytest
import yaml

from reporting.__main__ import app
from reporting.plan import plan_of
from suite.planning.configuration import all_methods, cells, parse_config
from suite.running.cli import run

VALUES = {
    "name": "made",
    "title": "Made by hand",
    "samples": 100,
    "seeds": {"data": [3], "training": [5, 6]},
    "metrics": ["fid_train", "am_ssim"],
    "datasets": {"mnist": {"heldout": 77, "source": {"digits": [7]}}},
    "experiments": {
        "table1": {
            "description": "Of one digit.",
            "datasets": {"mnist": {"n": [64], "methods": {"dcgan": {"updates": 9}}}},
            "methods": {"dcgan": {"batch": 32}, "ga-cntk": {}},
        }
    },
}


def test_a_metric_of_points_does_not_fit_images():
    changes = {"metrics": ["am_ssim", "w2_train"], "datasets": {"mnist": {}, "ring8": {}}}
    assert plan_of(parse_config(VALUES | changes)).unfit == {
        ("mnist", "w2_train"),
        ("ring8", "am_ssim"),
    }


def test_a_plan_says_what_the_configuration_asks():
    plan = plan_of(parse_config(VALUES))
    assert [(c.method, c.parts) for c in plan.cells] == [("dcgan", 1), ("ga-cntk", 2)]
    assert (plan.data_seeds, plan.training_seeds) == ((3,), (5, 6))
    settings = plan.settings["table1", "mnist", "dcgan"]
    assert (settings["updates"], settings["batch"]) == (9, 32)
    assert plan.title("dcgan@batch=8,updates=5") == "DCGAN (batch=8, updates=5)"
    assert plan.title("mnist") == "MNIST" and plan.title("unheard of") == "unheard of"
    assert "77 held-out rows" in plan.protocol["Data: mnist"]
    assert set(plan.methods) == set(all_methods())
    assert list(plan.explained) == ["FID (train)", "AM-SSIM"]
    assert plan.explained["FID (train)"].startswith("Lower is better; against the train set")
    assert plan.headings == {"table1": ("", "Of one digit.")} and plan.samples == 100
    assert plan.heading == "Made by hand"
    cited = [(title, paper.partition(" et al")[0]) for title, paper, _, _ in plan.references]
    assert cited == [
        *(("DCGAN", "Radford"), ("DCGAN", "Zhang"), ("GA-CNTK", "Zhang")),
        *(("FID (train)", "Heusel"), ("AM-SSIM", "Zhang"), ("AM-SSIM", "Wang")),
    ]


def test_what_stands_twice_is_one_column(monkeypatch):
    """Otherwise one seed would count as two, and one column as two settings."""
    monkeypatch.setattr("reporting.plan.cells", lambda config: [*cells(config), *cells(config)])
    assert [cell.method for cell in plan_of(parse_config(VALUES)).cells] == ["dcgan", "ga-cntk"]


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("tables", {"tables/table1.csv", "tables/table1.md", "tables/table1.html"}),
        ("report", {"index.html"}),
        ("figures", {"figures/SHA256SUMS"}),
    ],
)
def test_every_command_works_before_anything_has_run(tmp_path, monkeypatch, command, left):
    (tmp_path / "made.yaml").write_text(yaml.safe_dump(VALUES))
    (tmp_path / "made").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "argv", f"reporting {command} --results made --config made.yaml".split()
    )
    with pytest.raises(SystemExit) as exit_:
        run(app)
    assert exit_.value.code == 0
    made = tmp_path / "made"
    assert {str(p.relative_to(made)) for p in made.rglob("[!.]*") if p.is_file()} == left
