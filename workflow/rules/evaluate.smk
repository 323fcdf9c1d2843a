rule weights:
    output:
        f"{RESULTS}/{paths.WEIGHTS}",
    log:
        f"{LOGS}/weights.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        weights=identity.weights_option(CONFIG),
    message:
        "download the weights of the Inception network into the cache of this machine"
    shell:
        "python -m metrics fetch-weights {params.weights} 2> {log}"
        " | python -m suite.running.files {output}"


# As in train.smk: inside a cluster job, a second Snakemake runs the command and must not retry it.
RETRIES = 2 if workflow.is_main_process else 0
WEIGHTS = rules.weights.output if jobs.embeds(CONFIG) else []
FIRST = f"{RUN}/{paths.FIRST_PART}"
FEATURES = f"{RESULTS}/{paths.FEATURES}"
SETS = [
    rules.subset.output[0],
    *expand(REFERENCE, reference=jobs.references(CONFIG), allow_missing=True),
]


# One rule for each set of files that an evaluation writes (suite.planning.jobs.evaluations): figures show
# the first run of a cell, which therefore gets more files.
for evaluation in jobs.evaluations(CONFIG):

    rule:
        name:
            evaluation.rule
        input:
            # The record stands for all files of a part, since it is written last: fewer files plan faster.
            parts=lambda w: jobs.parts(CONFIG, w, f"{PART}/{paths.RECORD}"),
            first=[f"{FIRST}/{file}" for file in evaluation.reads],
            sets=SETS,
            weights=WEIGHTS,
        output:
            [f"{RUN}/{file}" for file in evaluation.files.values()],
        log:
            f"{LOGS}/{paths.RUN}/metrics.log",
        benchmark:
            f"{BENCHMARKS}/{paths.RUN}/metrics.tsv"
        wildcard_constraints:
            dataset=evaluation.datasets,
            data_seed=evaluation.data_seed,
            seed=evaluation.seed,
        retries: RETRIES
        conda:
            "../../envs/torch.yaml"
        threads: CONFIG.threads
        resources:
            gpu=GPU if jobs.embeds(CONFIG) else 0,
            runtime=lambda w, attempt, evaluation=evaluation: resources.evaluation_minutes(
                CONFIG, w, cost.evaluated_images(CONFIG, w, evaluation.follows), attempt
            ),
            mem_mb=2 * resources.PROCESS,
        params:
            choice=identity.choice(CONFIG),
            parts=lambda w: jobs.parts(CONFIG, w, PART),
            sets=lambda w, input: jobs.options(["train", *jobs.references(CONFIG)], input.sets),
            files=lambda w, output, evaluation=evaluation: jobs.options(evaluation.files, output),
            metrics=identity.metrics(CONFIG),
            samples=identity.evaluated_samples(CONFIG),
            weights=identity.weights_option(CONFIG),
            weights_files=identity.weights_files(CONFIG),
            code=identity.evaluation_code(CONFIG, *evaluation.modules),
        message:
            "evaluate {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
            " ({wildcards.experiment}, seed {wildcards.seed})"
        shell:
            attempts.tried(
                "python -m metrics evaluate {params.parts} {params.sets} {params.choice}"
                " {params.metrics} {params.samples} {params.weights} {params.files}"
                f" --features {FEATURES}"
            )


workflow.ruleorder(*(evaluation.rule for evaluation in jobs.evaluations(CONFIG)))


rule controls:
    input:
        train=rules.subset.output,
        heldout=expand(REFERENCE, reference="heldout", allow_missing=True),
        whole=expand(REFERENCE, reference="class", allow_missing=True),
        weights=WEIGHTS,
    output:
        f"{RESULTS}/{paths.CONTROLS}",
    log:
        f"{LOGS}/{paths.CONTROLS}.log",
    retries: RETRIES
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU if jobs.embeds(CONFIG) else 0,
        runtime=lambda w, attempt: resources.evaluation_minutes(
            CONFIG, w, cost.control_images(CONFIG, w.dataset, w.n), attempt
        ),
        mem_mb=2 * resources.PROCESS,
    params:
        metrics=identity.metrics(CONFIG),
        samples=identity.evaluated_samples(CONFIG),
        weights=identity.weights_option(CONFIG),
        weights_files=identity.weights_files(CONFIG),
        augment=lambda w: jobs.augment_options(CONFIG, w),
        code=identity.evaluation_code(CONFIG, "metrics.controls"),
    message:
        "evaluate real images as controls for {wildcards.n} rows of {wildcards.dataset}"
    shell:
        attempts.tried(
            "python -m metrics controls --train {input.train} --heldout {input.heldout}"
            " --class {input.whole} {params.metrics} {params.samples} {params.weights} {params.augment}"
            f" --out {{output}} --features {FEATURES}"
        )


rule walk:
    input:
        record=f"{FIRST}/{paths.RECORD}",
        samples=f"{FIRST}/{paths.SAMPLES}",
    output:
        f"{RUN}/{paths.WALK}",
    log:
        f"{LOGS}/{paths.RUN}/walk.log",
    wildcard_constraints:
        method=jobs.variants_of(jobs.METHODS["gantk"].entries),
    conda:
        "../../envs/jax.yaml"
    resources:
        runtime=resources.SHORT,
        mem_mb=resources.PROCESS,
    params:
        part=subpath(input.record, parent=True),
        side="--side 12",
    message:
        "walk through the latent space of {wildcards.method} on {wildcards.n} rows"
        " of {wildcards.dataset} ({wildcards.experiment}, seed {wildcards.seed})"
    # 144 images do not need a GPU.
    shell:
        "DEVICE=cpu python -m gantk walk {params.part} {params.side} --out {output} > {log} 2>&1"
