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
        "fetch the weights of the Inception network into the cache of this machine"
    shell:
        "python -m metrics fetch-weights {params.weights} 2> {log}"
        " | python -m suite.running.files {output}"


# Of a job that judges: as in train.smk, the Snakemake inside the job of a cluster starts it once.
RETRIES = 2 if workflow.is_main_process else 0
WEIGHTS = rules.weights.output if plan.embeds(CONFIG) else []
FIRST = f"{RUN}/{paths.FIRST_PART}"
FEATURES = f"{RESULTS}/{paths.FEATURES}"
SETS = [
    rules.subset.output[0],
    *expand(REFERENCE, reference=plan.references(CONFIG), allow_missing=True),
]


# A rule for each set of files that a run is judged into (suite.planning.rules.judgings): the first
# run of a cell stands for it in figures too.
for judging in plan.judgings(CONFIG):

    rule:
        name:
            judging.rule
        input:
            # Written last by the job that also writes the samples: one file a part plans faster.
            parts=lambda w: plan.parts(CONFIG, w, f"{PART}/{paths.RECORD}"),
            first=[f"{FIRST}/{file}" for file in judging.reads],
            sets=SETS,
            weights=WEIGHTS,
        output:
            [f"{RUN}/{file}" for file in judging.files.values()],
        log:
            f"{LOGS}/{paths.RUN}/metrics.log",
        benchmark:
            f"{BENCHMARKS}/{paths.RUN}/metrics.tsv"
        wildcard_constraints:
            dataset=judging.datasets,
            data_seed=judging.data_seed,
            seed=judging.seed,
        retries: RETRIES
        conda:
            "../../envs/torch.yaml"
        threads: CONFIG.threads
        resources:
            gpu=GPU if plan.embeds(CONFIG) else 0,
            runtime=lambda w, attempt, judging=judging: resources.judging_minutes(
                CONFIG, w, resources.judged(CONFIG, w, judging), attempt
            ),
            mem_mb=2 * resources.PROCESS,
        params:
            choice=identity.choice(CONFIG),
            parts=lambda w: plan.parts(CONFIG, w, PART),
            sets=lambda w, input: plan.set_options(CONFIG, input.sets),
            files=lambda w, output, judging=judging: plan.out_options(judging, output),
            metrics=identity.metrics(CONFIG),
            samples=identity.judged_samples(CONFIG),
            weights=identity.weights_option(CONFIG),
            weights_files=identity.weights_files(CONFIG),
            code=identity.judging_code(CONFIG, *judging.modules),
        message:
            "evaluate {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
            " ({wildcards.experiment}, seed {wildcards.seed})"
        shell:
            attempts.tried(
                "python -m metrics evaluate {params.parts} {params.sets} {params.choice}"
                " {params.metrics} {params.samples} {params.weights} {params.files}"
                f" --features {FEATURES}"
            )


workflow.ruleorder(*(judging.rule for judging in plan.judgings(CONFIG)))


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
        gpu=GPU if plan.embeds(CONFIG) else 0,
        runtime=lambda w, attempt: resources.judging_minutes(CONFIG, w, 3 * CONFIG.samples, attempt),
        mem_mb=2 * resources.PROCESS,
    params:
        metrics=identity.metrics(CONFIG),
        samples=identity.judged_samples(CONFIG),
        weights=identity.weights_option(CONFIG),
        weights_files=identity.weights_files(CONFIG),
        augment=lambda w: plan.augment_options(CONFIG, w),
        code=identity.judging_code(CONFIG, "metrics.controls"),
    message:
        "evaluate real images beside {wildcards.n} rows of {wildcards.dataset}"
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
        method=plan.variants_of(plan.METHODS["gantk"].entries),
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
    # A GPU would have to be leased for 144 images.
    shell:
        "DEVICE=cpu python -m gantk walk {params.part} {params.side} --out {output} > {log} 2>&1"
