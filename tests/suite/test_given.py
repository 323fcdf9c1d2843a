"""What users type, and the machines on which they type it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gantk.backend import cpu_threads
from suite.planning import given, jobs
from suite.planning.configuration import parse_config
from suite.running.cli import run
from suite.running.errors import InputError
from suite.running.files import cache_file
from suite.running.provenance import ROOT
from tests.datasets.drawn import save_images
from tests.suite.bad_files import OWN


class Rule:
    """A stand-in for a rule of Snakemake."""

    def __init__(self, name, file=""):
        self.name, self.file = name, file

    def has_wildcards(self):
        return "*" in self.file

    def is_producer(self, target):
        return bool(self.file) and Path(target).match(self.file)


RULES = [Rule("all"), Rule("figures"), Rule("table1"), Rule("subset", "results/x/*.npz")]


def test_targets_are_rules_and_files_that_a_rule_makes_or_that_are_there(tmp_path):
    (tmp_path / "there").touch()
    given.check_targets(["table1", "results/x/a.npz", str(tmp_path / "there"), "subset"], RULES)
    for target, said in (
        ("tabel1", "no rule makes the target 'tabel1': did you mean 'table1'? (targets: all, fig"),
        ("results/x/a.csv", "write targets before --configfile"),
    ):
        with pytest.raises(SystemExit, match=r"^error: ") as caught:
            given.check_targets([target], RULES)
        assert said in str(caught.value) and "subset" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "cache", "said"),
    [
        ("nowhere.yaml", "results/cache", "error: --configfile nowhere.yaml: no such file"),
        ("config/quick.yaml", "/proc/x", "error: /proc/x/snakemake: the cache folder cannot"),
    ],
)
def test_what_snakemake_reads_before_the_snakefile_is_checked_by_the_profile(file, cache, said):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--configfile", file],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(said) and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        ("snakemake --cores 2 table1 figures --configfile a.yaml b", ["table1", "figures"]),
        ("snakemake -n --configfile a.yaml --config x=1 -R draw", ["draw"]),
        ("pytest table1", []),
    ],
)
def test_targets_are_read_as_snakemake_reads_them(words, targets):
    assert given.asked_of(words.split()) == targets


def test_the_configuration_is_named_by_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("name: x\n")
    with pytest.raises(SystemExit, match=r"^error: mine\.yaml and --config: samples: "):
        given.validated(OWN | {"samples": 0}, [tmp_path / "mine.yaml"], True, ["samples=0"])


def test_modules_of_a_cluster_come_after_the_suite():
    prefix = jobs.job_prefix(parse_config(OWN), "/the suite").format()
    for before, after in (({}, "/the suite"), ({"PYTHONPATH": "/a:/b"}, "/the suite:/a:/b")):
        command = ["bash", "-c", f'{prefix} echo "$PYTHONPATH"']
        assert subprocess.check_output(command, env=before, text=True).strip() == after


def test_a_cache_that_cannot_be_made_names_the_variable(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cache folder cannot .*: set XDG_CACHE_HOME .*, or wait"):
        cache_file("a", ", or wait")


@pytest.mark.parametrize("room", ["gantk", "datasets"])
def test_without_a_command_there_is_the_help(room, monkeypatch, capsys):
    module = __import__(f"{room}.__main__").__main__
    monkeypatch.setattr(sys, "argv", [room])
    with pytest.raises(SystemExit) as exit_:
        run(module.app)
    assert exit_.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: ") and "\nCommands:\n" in said


def test_output_never_fails_for_want_of_a_character(tmp_path):
    """Files are found by their UTF-8 names, although Python has another encoding."""
    folder = tmp_path / "猫"
    folder.mkdir()
    without = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)} | without
    command = [sys.executable, "-m", "datasets", "subset", "folder", "--set", f"path={folder}"]
    command += ["--out", str(tmp_path / "a.npz")]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 1 and b"?: contains no image" in done.stderr
    save_images(folder, 2, 8, 8)
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0 and (tmp_path / "a.npz").exists()


@pytest.mark.parametrize(("text", "threads"), [("3", 3), ("2,1", 2), (" 4 ", 4)])
def test_threads_are_as_openmp_reads_them(monkeypatch, text, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert cpu_threads() == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    with pytest.raises(InputError, match="OMP_NUM_THREADS=many: give a whole number"):
        cpu_threads()
