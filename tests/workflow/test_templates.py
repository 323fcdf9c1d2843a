"""The templates of CONTRIBUTING.md pass their contract tests when copied into their rooms."""

import json
import re
import shutil
import subprocess
import sys

from suite.running.provenance import ROOT

TEMPLATES = {
    "jax_method": ("gantk/methods", "tests/gantk/test_methods.py"),
    "torch_method": ("baselines/methods", "tests/baselines/test_baseline_contract.py"),
    "dataset": ("datasets/sources", "tests/datasets/test_sources.py"),
    "metric": ("metrics/definitions", "tests/metrics/test_metric_contract.py"),
    "extractor": ("metrics/extractors", "tests/metrics/test_metric_contract.py"),
}
"""Template -> the folder that it is copied to, and the contract tests of that folder."""


def test_there_is_a_template_a_kind() -> None:
    assert {path.stem for path in (ROOT / "templates").glob("*.py")} == TEMPLATES.keys()


def test_there_is_one_for_every_folder_that_the_readme_names() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"`(\w+/\w+)/NAME\.py`", text)
    assert sorted(told) == sorted(folder for folder, _ in TEMPLATES.values())


def test_contributing_shows_where_each_goes_and_how_to_test_it() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for template, (folder, contract) in TEMPLATES.items():
        assert re.search(
            rf"`templates/{template}.py` .*`{folder}/NAME.py` .*`pytest {contract}`", text
        ), template


def test_copied_templates_are_listed_and_keep_their_contracts(unrun) -> None:
    shutil.copytree(ROOT / "tests", unrun.root / "tests", dirs_exist_ok=True)
    shutil.copy2(ROOT / "pyproject.toml", unrun.root)

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=unrun.root,
            env=unrun.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
        return done.stdout

    def listed(folder: str) -> set[str]:
        room = folder.partition("/")[0]
        return {entry["name"] for entry in json.loads(run(room, "list", "--json"))}

    added = {}
    for template, (folder, _) in TEMPLATES.items():
        before = listed(folder)
        shutil.copy2(ROOT / "templates" / f"{template}.py", unrun.root / folder)
        added[template] = listed(folder) - before
    assert all(added.values()), added

    names = sorted(name for found in added.values() for name in found)
    contracts = [contract for _, contract in TEMPLATES.values()]
    output = run("pytest", "-rA", "-p", "no:cacheprovider", "-k", " or ".join(names), *contracts)
    passed = re.findall(r"^PASSED (\S+)\[(.+)\]", output, re.MULTILINE)
    for contract, found in zip(contracts, added.values(), strict=True):
        for name in found:
            assert any(test.startswith(contract) and name in case for test, case in passed), name
