"""What identifies the result of a job: the parameters of its rule, and its input files.

A job runs again if a parameter, the list of its inputs or the content of an input has changed. The
text of its command, its environment and its packages do not count (`rerun-triggers` in
profiles/default). Therefore everything that decides a result is a parameter and comes from this
module: options of the command, settings as JSON, and digests as JSON with the keys `code` and
`files`. `suite.planning.explain` reads these parameters.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from suite.planning.configuration import MOST_HELD, Config, method_entry, method_room, settings_of
from suite.planning.variants import method_of
from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.protocol.settings import files_of
from suite.protocol.source import SOURCES
from suite.running.content import files_digest, source_of
from suite.running.provenance import ROOT


def code(*modules: str) -> str:
    """The code of modules and of everything that they import."""
    return json.dumps({"code": dict(source_of(*modules))})


def _files(digests: Mapping[str, str]) -> str:
    return json.dumps({"files": digests} if digests else {})


def _given(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def source_kind(config: Config, wildcards: Any) -> str:
    """The registered dataset behind a name."""
    return config.kind(wildcards.dataset).name


def source_settings(config: Config, wildcards: Any) -> str:
    """The settings of a dataset's loader."""
    return _given(config.datasets[wildcards.dataset].source)


def source_code(config: Config, wildcards: Any) -> str:
    """The code that draws rows of a dataset."""
    return code("datasets.draw", SOURCES.module_of(source_kind(config, wildcards)))


def source_files(config: Config, wildcards: Any) -> str:
    """Digests of the user's files with a dataset."""
    files = config.kind(wildcards.dataset).files(config.source(wildcards.dataset))
    return _files({wildcards.dataset: files_digest(files)} if files else {})


def reference_rows(config: Config, wildcards: Any) -> str:
    """Options for a reference set: held-out rows, or the whole training split."""
    asked = config.datasets[wildcards.dataset].heldout
    rows = f"--n {MOST_HELD} --or-fewer" if asked is None else f"--n {asked}"
    held_out = f"--split heldout {rows}"
    return {"heldout": held_out, "class": "--split train"}[wildcards.reference]


def drawn_samples(config: Config, wildcards: Any) -> str:
    """The number of samples of a part. Without a generator it is n, whatever `samples` is."""
    solves = method_entry(wildcards.method).sample is None
    return f"--samples {wildcards.n if solves else config.samples}"


def method_settings(config: Config, wildcards: Any) -> str:
    """The given settings of a run. The digest of the code covers the defaults."""
    settings = settings_of(config, wildcards)
    return _given(settings.model_dump(mode="json", exclude_unset=True))


def method_code(config: Config, wildcards: Any) -> str:
    """The code that trains a method."""
    name = method_of(wildcards.method)
    return code(METHODS[method_room(name)].module_of(name))


def method_files(config: Config, wildcards: Any) -> str:
    """Digests of the files that the settings of a run name."""
    settings = settings_of(config, wildcards)
    return _files({str(file): files_digest([file]) for file in files_of(settings)})


def metrics(config: Config) -> str:
    """The metrics, and the evaluation seed."""
    return f"--metrics {','.join(config.metrics)} --seed {config.seeds.evaluation}"


def evaluated_samples(config: Config) -> str:
    """The number of samples of a run, or of real images of a control, to evaluate."""
    return f"--samples {config.samples}"


def choice(config: Config) -> str:
    """Options to evaluate a run at its best snapshot; none by default."""
    best = config.best_snapshot
    return "" if best is None else f"--choose {best.metric} --choose-rows {best.rows}"


def extractors(config: Config) -> list[str]:
    """Names of the feature extractors that the configured metrics use."""
    used = {METRICS.lookup(name).extractor for name in config.metrics}
    return sorted(name for name in used if name)


def evaluation_code(config: Config, *modules: str) -> str:
    """The code of the configured metrics, of their extractors, and of `modules`."""
    own = [METRICS.module_of(name) for name in config.metrics]
    return code(*modules, *own, *(EXTRACTORS.module_of(name) for name in extractors(config)))


def weights_option(config: Config) -> str:
    """The option for the user's own Inception weights; none by default."""
    path = config.inception_weights
    return "" if path is None else f"--weights {shlex.quote(str(path))}"


def weights_files(config: Config) -> str:
    """The digest of the user's own Inception weights."""
    path = config.inception_weights
    return _files({} if path is None else {str(path): files_digest([path])})


def report_files(*folders: str) -> str:
    """Digests of the files in folders of this repository from which reports are made."""
    files = [file for folder in folders for file in sorted((ROOT / folder).iterdir())]
    return _files({str(f.relative_to(ROOT)): files_digest([f]) for f in files if f.is_file()})


def configuration(config: Config, wildcards: Any) -> str:
    """The configuration as JSON, with the one experiment that `scope` names, or with all."""
    chosen = {
        name: experiment
        for name, experiment in config.experiments.items()
        if wildcards.scope in (name, "all")
    }
    whole = config.model_copy(update={"experiments": chosen})
    # pydantic's own JSON fails for paths that are not UTF-8.
    return json.dumps(whole.model_dump(mode="json", exclude_unset=True), separators=(",", ":"))
