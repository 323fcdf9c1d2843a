TEMPLATES, PUBLISHED = "reporting/pages/templates", "resources/paper"


rule configuration:
    output:
        f"{RESULTS}/{paths.CONFIG}",
    log:
        f"{LOGS}/{paths.CONFIG}.log",
    wildcard_constraints:
        scope=jobs.one_of(["all", *CONFIG.experiments]),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=lambda w: identity.configuration(CONFIG, w),
    message:
        "write the configuration ({wildcards.scope})"
    shell:
        "printf '%s\\n' {params.config:q} | python -m suite.running.files {output} > {log} 2>&1"


rule table:
    input:
        config=f"{RESULTS}/{paths.CONFIG}".format(scope="{experiment}"),
        runs=lambda w: [
            f"{RESULTS}/{run}/{paths.METRICS}" for run in jobs.runs(CONFIG, w.experiment)
        ],
        controls=lambda w: [f"{RESULTS}/{file}" for file in jobs.controls(CONFIG, w.experiment)],
        followed=lambda w: [
            f"{RESULTS}/{run}/{paths.JUDGED}" for run in jobs.followed_runs(CONFIG, w.experiment)
        ],
    output:
        expand(f"{RESULTS}/{paths.TABLE}", suffix=["csv", "md"], allow_missing=True),
        report(
            f"{RESULTS}/{paths.TABLE}".format(experiment="{experiment}", suffix="html"),
            category="Tables",
            labels={"experiment": "{experiment}"},
            caption="../report/table.rst",
        ),
    log:
        f"{LOGS}/tables/{{experiment}}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=identity.code("reporting.tables.write"),
        files=identity.report_files(TEMPLATES, PUBLISHED),
    message:
        "write the table of {wildcards.experiment}"
    shell:
        f"python -m reporting tables --results {RESULTS}" " --config {input.config} > {log} 2>&1"


rule draw:
    input:
        config=f"{RESULTS}/{paths.CONFIG}".format(scope="all"),
        runs=[f"{RESULTS}/{run}/{paths.METRICS}" for run in jobs.runs(CONFIG, *CONFIG.experiments)],
        controls=[f"{RESULTS}/{file}" for file in jobs.controls(CONFIG, *CONFIG.experiments)],
        followed=[
            f"{RESULTS}/{run}/{paths.JUDGED}"
            for run in jobs.followed_runs(CONFIG, *CONFIG.experiments)
        ],
        nearest=[f"{RESULTS}/{run}/{paths.NEAREST}" for run in jobs.pictured_runs(CONFIG)],
        walks=[f"{RESULTS}/{run}/{paths.WALK}" for run in jobs.walked_runs(CONFIG)],
    output:
        report(
            directory(f"{RESULTS}/{paths.FIGURES}"),
            patterns=["{kind,[a-z]+}-{subset}.png"],
            category="Figures",
            subcategory="{kind}",
            labels={"experiment, data and n": "{subset}"},
            caption="../report/figure.rst",
        ),
        drawn=f"{RESULTS}/{paths.DRAWN}",
    log:
        f"{LOGS}/figures.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=identity.code("reporting.figures.write"),
        files=identity.report_files(PUBLISHED),
        captions=CAPTIONS,
    message:
        "draw the figures"
    shell:
        f"python -m reporting figures --results {RESULTS}" " --config {input.config} > {log} 2>&1"


rule report:
    input:
        config=f"{RESULTS}/{paths.CONFIG}".format(scope="all"),
        tables=expand(rules.table.output, experiment=CONFIG.experiments),
        figures=rules.draw.output.drawn,
    output:
        f"{RESULTS}/{paths.PAGE}",
    log:
        f"{LOGS}/report.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=identity.code("reporting.pages.index"),
        files=identity.report_files(TEMPLATES, PUBLISHED, "resources/datatables"),
    message:
        "write the page"
    shell:
        f"python -m reporting report --results {RESULTS}" " --config {input.config} > {log} 2>&1"
