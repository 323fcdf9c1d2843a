rule weights:
    output:
        f"{RESULTS}/{paths.WEIGHTS}",
    log:
        f"{LOGS}/weights.log",
    retries: 2
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        weights=plan.weights_option(CONFIG),
    message:
        "fetch the weights of the Inception network into the cache of this machine"
    shell:
        "python -m metrics fetch-weights {params.weights} 2> {log} > {output}"


# Of a job that judges: as in train.smk, the Snakemake inside the job of a cluster starts it once.
RETRIES = 2 if workflow.is_main_process else 0
WEIGHTS = rules.weights.output if plan.embeds(CONFIG) else []
FIRST = f"{RUN}/{paths.FIRST_PART}"
FEATURES = f"{RESULTS}/{paths.FEATURES}"
SETS = [
    rules.subset.output[0],
    *expand(REFERENCE, reference=plan.references(CONFIG), allow_missing=True),
]


rule evaluate:
    input:
        # Written last by the job that also writes the samples: one file a part plans faster.
        parts=lambda w: plan.parts(CONFIG, w, f"{PART}/{paths.RECORD}"),
        sets=SETS,
        weights=WEIGHTS,
    output:
        f"{RUN}/{paths.METRICS}",
    log:
        f"{LOGS}/{paths.RUN}/metrics.log",
    benchmark:
        f"{BENCHMARKS}/{paths.RUN}/metrics.tsv"
    retries: RETRIES
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU if plan.embeds(CONFIG) else 0,
        attempt=lambda w, attempt: attempt,
        runtime=lambda w, attempt: resources.judging_minutes(
            CONFIG, w, resources.judged(CONFIG, w), attempt
        ),
        mem_mb=2 * resources.PROCESS,
    params:
        environment=plan.environment(CONFIG),
        choice=plan.choice_options(CONFIG),
        parts=lambda w: plan.parts(CONFIG, w, PART),
        sets=lambda w, input: plan.set_options(CONFIG, input.sets),
        metrics=",".join(CONFIG.metrics),
        samples=CONFIG.samples,
        seed=CONFIG.seeds.evaluation,
        features=FEATURES,
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "evaluate {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed})"
    shell:
        plan.said_once(
            "{params.environment} python -m metrics evaluate {params.parts} {params.sets}"
            " --metrics {params.metrics} --samples {params.samples} --seed {params.seed}"
            " {params.choice} --features {params.features} {params.weights} --out {output}"
        )


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
        attempt=lambda w, attempt: attempt,
        runtime=lambda w, attempt: resources.judging_minutes(CONFIG, w, 3 * CONFIG.samples, attempt),
        mem_mb=2 * resources.PROCESS,
    params:
        environment=plan.environment(CONFIG),
        metrics=",".join(CONFIG.metrics),
        samples=CONFIG.samples,
        seed=CONFIG.seeds.evaluation,
        features=FEATURES,
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "evaluate real images beside {wildcards.n} rows of {wildcards.dataset}"
    shell:
        plan.said_once(
            "{params.environment} python -m metrics controls --train {input.train} --heldout {input.heldout}"
            " --class {input.whole} --metrics {params.metrics} --samples {params.samples}"
            " --seed {params.seed} --features {params.features} {params.weights}"
            " --out {output}"
        )


rule trajectory:
    input:
        record=f"{FIRST}/{paths.RECORD}",
        snapshots=f"{FIRST}/{paths.TRAJECTORY}",
        sets=SETS,
        weights=WEIGHTS,
    output:
        f"{RUN}/{paths.JUDGED}",
    log:
        f"{LOGS}/{paths.RUN}/trajectory.log",
    benchmark:
        f"{BENCHMARKS}/{paths.RUN}/trajectory.tsv"
    retries: RETRIES
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU if plan.embeds(CONFIG) else 0,
        attempt=lambda w, attempt: attempt,
        runtime=lambda w, attempt: resources.judging_minutes(
            CONFIG, w, resources.followed(CONFIG, w), attempt
        ),
        mem_mb=2 * resources.PROCESS,
    params:
        environment=plan.environment(CONFIG),
        part=subpath(input.record, parent=True),
        sets=lambda w, input: plan.set_options(CONFIG, input.sets),
        metrics=",".join(CONFIG.metrics),
        seed=CONFIG.seeds.evaluation,
        features=FEATURES,
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "follow {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed}) along its training"
    shell:
        plan.said_once(
            "{params.environment} python -m metrics trajectory {params.part} {params.sets}"
            " --metrics {params.metrics} --seed {params.seed} --features {params.features}"
            " {params.weights} --out {output}"
        )


rule nearest:
    input:
        record=f"{FIRST}/{paths.RECORD}",
        samples=f"{FIRST}/{paths.SAMPLES}",
        train=rules.subset.output,
    output:
        f"{RUN}/{paths.NEAREST}",
    log:
        f"{LOGS}/{paths.RUN}/nearest.log",
    group:
        "pictures"
    conda:
        "../../envs/torch.yaml"
    resources:
        runtime=resources.SHORT,
        mem_mb=resources.PROCESS,
    params:
        part=subpath(input.record, parent=True),
        source=plan.nearest_digest(),
    message:
        "find the training images nearest to those of {wildcards.method} on {wildcards.n} rows"
        " of {wildcards.dataset} ({wildcards.experiment}, seed {wildcards.seed})"
    shell:
        "python -m metrics nearest {params.part} --train {input.train} --out {output} > {log} 2>&1"


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
    message:
        "walk through the latent space of {wildcards.method} on {wildcards.n} rows"
        " of {wildcards.dataset} ({wildcards.experiment}, seed {wildcards.seed})"
    # A GPU would have to be leased for 144 images.
    shell:
        "DEVICE=cpu python -m gantk walk {params.part} --out {output} > {log} 2>&1"
