"""The documents are complete and agree with the code; the site builds without any warning."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, Field

from docs.docstrings import as_markdown
from docs.pages import ROOMS, metrics_page, modules_of, setting_lines, settings_page, values_of
from suite.planning.configuration import RULES, Config, all_methods
from suite.protocol.metric import METRICS
from suite.protocol.source import SOURCES
from suite.running import paths
from suite.running.provenance import ROOT

FOLDERS = (*ROOMS, "workflow", "config", "tests", "envs", "profiles", "resources", "results")


def tracked_folders() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    return {line.partition("/")[0] for line in listed.stdout.splitlines() if "/" in line}


@pytest.mark.parametrize("folder", [*FOLDERS, "templates", "docs"])
def test_every_room_says_what_it_holds(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ") and len(text.splitlines()) >= 8
    for name in re.findall(r"`([\w./-]+\.(?:py|smk))`", text):
        found = (ROOT / name).exists() or list((ROOT / folder).rglob(name))
        assert found or "NAME" in name, f"{folder}/README.md names {name}, which is not there"


def test_no_room_is_forgotten() -> None:
    visible = {name for name in tracked_folders() if not name.startswith(".")}
    assert visible <= {*FOLDERS, "templates", "docs"}


def test_every_configuration_is_described() -> None:
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "config").glob("*.yaml")}
    assert set(re.findall(r"^\| `([\w-]+\.yaml)`", text, re.MULTILINE)) == files


@pytest.mark.parametrize("text", ["README.md", *(f"{folder}/README.md" for folder in FOLDERS)])
def test_links_and_pictures_are_there(text: str) -> None:
    content = (ROOT / text).read_text(encoding="utf-8")
    for target in re.findall(r"(?:\]\(|src=\")([^)#\"]+)(?:#[^)]*)?[)\"]", content):
        assert "://" in target or ((ROOT / text).parent / target).exists(), target


def test_every_metric_is_described_in_its_own_words() -> None:
    page = unescape(metrics_page())
    for name, measure in METRICS.entries.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert measure.title in line and f"| {measure.better} |" in line and measure.unit in line
        told = next(x for x in page.splitlines() if x.startswith("`") and f"`{name}`" in x)
        assert told.endswith(measure.about)


def test_every_setting_is_described() -> None:
    page = settings_page()
    models = [Config, *(entry.settings for entry in all_methods().values())]
    models += [source.settings for source in SOURCES.entries.values()]
    for model in models:
        for key, (name, values, _, about) in setting_lines(model).items():
            assert about and values, f"{model.__name__}.{key} has no description"
            assert f"| {name} |" in page
    for name in (*all_methods(), *SOURCES.entries):
        assert f"### {name}\n" in page


def test_values_are_what_the_model_takes() -> None:
    class Example(BaseModel):
        share: float | None = Field(None, ge=0, lt=1)
        names: tuple[str, ...] = ()
        on: bool = True

    lines = setting_lines(Example)
    assert [line[1:3] for line in lines.values()] == [
        ["number ≥ 0, < 1 or nothing", "none"],
        ["list of text", "`[]`"],
        ["true, false", "`true`"],
    ]
    choice = {"$defs": {"c": {"enum": ["a", "b"]}}, "$ref": "#/$defs/c"}
    assert values_of(choice, choice["$defs"]) == "`a`, `b`"


def test_fields_of_a_docstring_are_a_list_and_equations_stay() -> None:
    text = "Sum.\n\nx, y: rows.\n    a * b < c.\nRaises: none.\n\n    x * y\n\n>>> 1 < 2\nTrue"
    assert as_markdown(text) == (
        "Sum.\n\n- `x`, `y`: rows.\n    a \\* b &lt; c.\n- `Raises`: none."
        "\n\n    x * y\n\n```pycon\n>>> 1 < 2\nTrue\n```"
    )


def test_what_the_experiments_page_calls_a_default_is_one() -> None:
    text = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    table = text[text.index("| what | paper | released code | here |") :].split("\n\n")[0]
    models = [entry.settings for entry in all_methods().values()]
    models += [source.settings for source in SOURCES.entries.values()]
    found = 0
    for line in table.splitlines()[2:]:
        for key, value in re.findall(r"`(\w+): ([^`]+)`", line.split(" | ")[3]):
            defaults = [m.model_fields[key].default for m in models if key in m.model_fields]
            assert yaml.safe_load(value) in defaults, f"{key}: {value}"
            found += 1
    assert found >= 10


def test_picture_of_the_workflow_has_its_rules() -> None:
    picture = (ROOT / "docs/rulegraph.svg").read_text(encoding="utf-8")
    unseen = {"figures", "walk", "evaluate", "evaluate_points"}
    # It shows cells of images with one run, without a walk through a square of latents.
    assert sorted(re.findall(r">(\w+)</text>", picture)) == sorted(RULES - unseen)


def built(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of `root` with the command of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [command] = re.findall(r"^\t\S+ \$\(BIN\)/python (-m mkdocs build .*)$", makefile, re.MULTILINE)
    return subprocess.run(
        [sys.executable, *command.split(), "--site-dir", str(site)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    """MkDocs counts no warnings with --quiet."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: small\n")
    page = tmp_path / "docs" / "index.md"
    page.write_text("[there](index.md)\n")
    assert built(tmp_path, tmp_path / "site").returncode == 0
    page.write_text("[there](nowhere.md)\n")
    done = built(tmp_path, tmp_path / "site")
    assert done.returncode == 1 and "nowhere.md" in done.stderr


def test_site_builds_without_a_warning_and_asks_for_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = built(ROOT, site)
    assert done.returncode == 0, done.stdout + done.stderr
    for room in ROOMS:
        page = (site / "rooms" / f"{room}.html").read_text(encoding="utf-8")
        assert [name for name in modules_of(room) if f'id="{name}"' not in page] == []
    for path in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', path.read_text()
        )
        assert not [url for url in loaded if url.startswith(("http", "//"))], path


def test_what_a_run_leaves_is_listed() -> None:
    """The trees of results/NAME in both READMEs have exactly what the workflow writes."""
    folders = {paths.PAGE, paths.FIGURES, paths.LOGS, paths.BENCHMARKS, paths.CHECKPOINTS}
    patterns = (paths.TABLE, paths.RUN, paths.SUBSET, paths.CONTROLS, paths.CONFIG)
    folders |= {paths.SET_ASIDE}
    folders |= {paths.FEATURES, paths.WEIGHTS, *(pattern.partition("/")[0] for pattern in patterns)}
    for file in ("README.md", "results/README.md"):
        text = (ROOT / file).read_text(encoding="utf-8")
        tree = text[text.index("    results/NAME/\n") :].split("\n\n")[0]
        named = re.findall(r"^      (\w[\w.]*)|, (\w+)/ ", tree, re.MULTILINE)
        assert {"".join(one) for one in named} == folders, file
    left = {*(paths.SAMPLES, paths.TRAJECTORY, paths.HISTORY, paths.RECORD, paths.METRICS)}
    assert all(name in text for name in left | {paths.JUDGED, paths.NEAREST})


def test_readme_is_short_and_its_contents_lead_to_its_headings() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 250
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == anchors - {"licence"}


def test_numbers_of_make_quick_are_those_of_the_run_that_is_kept() -> None:
    def rows(path: str) -> set[str]:
        text = (ROOT / path).read_text(encoding="utf-8")
        found = re.findall(r"^\| MNIST +\| 64 .*$", text, re.MULTILINE)
        return {re.sub(r" +", " ", line) for line in found}

    tutorial = rows("docs/tutorial.md")
    assert tutorial and tutorial <= rows("results/reference/quick/table1.md")
