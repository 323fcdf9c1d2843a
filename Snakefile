"""The targets of a reproduction. Their rules are in workflow/rules/."""

import gc
import sys
from pathlib import Path

from snakemake.utils import min_version

# The rooms are modules of this folder, whatever the working directory.
sys.path.insert(0, workflow.basedir)

from suite.running.cli import speak_utf8

speak_utf8()

from reporting.captions import CAPTIONS
from suite.running import devices
from suite.running import paths
from suite.planning import ending
from suite.planning import given
from suite.running import progress
from suite.planning import attempts
from suite.planning import cost
from suite.planning import identity
from suite.planning import outputs
from suite.planning import refusals
from suite.planning import resources
from suite.planning import jobs

min_version("9.0")

# Planning creates millions of objects and little garbage. By default Python collects every 700 objects.
gc.set_threshold(100_000)


# At this point `configfiles` has those of the command line.
if not workflow.configfiles:

    configfile: f"{workflow.basedir}/config/config.yaml"


if workflow.is_main_process:
    refusals.check_space(Path())

CONFIG = given.validated(
    config, workflow.configfiles, workflow.is_main_process, workflow.config_settings.config_args
)
RESULTS = f"results/{CONFIG.name}"
LOGS = f"{RESULTS}/{paths.LOGS}"
BENCHMARKS = f"{RESULTS}/{paths.BENCHMARKS}"
RUN = f"{RESULTS}/{paths.RUN}"
PART = f"{RESULTS}/{paths.PART}"
REFERENCE = f"{RESULTS}/{paths.REFERENCE}"
GPU = devices.asked(CONFIG.device)


report: "workflow/report/overview.rst"


attempts.name_run(workflow.is_main_process)


envvars:
    attempts.WORKFLOW_RUN,


shell.prefix(jobs.job_prefix(CONFIG, workflow.basedir))


wildcard_constraints:
    experiment=jobs.one_of(CONFIG.experiments),
    dataset=jobs.one_of(CONFIG.datasets),
    n=r"\d+",
    data_seed=r"\d+",
    seed=r"\d+",
    part=r"\d+",


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


onerror:
    attempts.tidy(workflow.dag)
    ending.say_last(Path(LOGS), log)


onsuccess:
    attempts.tidy(workflow.dag)
    ending.say_done(RESULTS)


localrules:
    all,
    figures,


onstart:
    attempts.tidy(workflow.dag)
    attempts.retry_killed_jobs_alone()
    refusals.check_workflow(CONFIG, workflow)
    if workflow.is_main_process:
        ending.watch(Path(LOGS))
        progress.show(workflow, cost.expected_seconds(CONFIG))


if workflow.is_main_process:
    refusals.say_after_plan(CONFIG, workflow)


rule all:
    default_target: True
    input:
        expand(rules.table.output, experiment=CONFIG.experiments),
        rules.draw.output,
        rules.draw.input.nearest,
        rules.draw.input.walks,
        rules.report.output,
        expand(f"{RESULTS}/{{file}}", file=outputs.table_inputs(CONFIG)),


for experiment in CONFIG.experiments:

    rule:
        name:
            experiment
        input:
            expand(rules.table.output, experiment=experiment),
            expand(f"{RESULTS}/{{file}}", file=outputs.table_inputs(CONFIG, experiment)),
        localrule: True


rule figures:
    input:
        rules.draw.output,


if workflow.is_main_process:
    given.check_targets(given.asked_of(sys.argv), workflow.rules)
