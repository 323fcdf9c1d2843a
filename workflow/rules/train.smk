# One rule a room, since JAX and PyTorch do not share an environment. The checkpoint is a
# parameter: as an output it would be deleted with those of a killed job.
PART_FILES = [paths.SAMPLES, paths.TRAJECTORY, paths.HISTORY, paths.RECORD]
# A job that was killed is started again; one that ended in a sentence would end in it again. Logs
# are deleted before each start, so the sentence is looked up in a copy.
TRAIN = (
    "[ {resources.attempt} = 1 ] || ! grep '^error: ' {log}.said | tee {log} || exit 1; "
    "{params.environment} python -m {params.room} train {params.method} --data {input}"
    " --out {params.folder} --seed {wildcards.seed} --part {wildcards.part}"
    " --samples {params.samples} --settings {params.settings:q}"
    " --checkpoint {params.checkpoint} 2>&1 | tee {log} {log}.said; rm {log}.said"
)


rule train_gantk:
    input:
        SUBSET,
    output:
        expand(f"{PART}/{{file}}", file=PART_FILES, allow_missing=True),
    log:
        f"{LOGS}/{paths.PART}.log",
    benchmark:
        f"{BENCHMARKS}/{paths.PART}.tsv"
    wildcard_constraints:
        method=plan.variants_of("gantk"),
    retries: 20  # a job without progress refuses (suite.checkpoint)
    conda:
        "../../envs/jax.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        attempt=lambda w, attempt: attempt,
        runtime=lambda w: resources.training_minutes(CONFIG, w),
        mem_mb=lambda w: resources.training_memory(w),
    params:
        room="gantk",
        method=lambda w: plan.method_of(w.method),
        folder=PART,
        checkpoint=f"{RESULTS}/{paths.CHECKPOINTS}/{paths.PART}.npz",
        environment=plan.environment(CONFIG),
        samples=lambda w: plan.sample_count(CONFIG, w),
        settings=lambda w: plan.train_settings(CONFIG, w),
        source=lambda w: plan.method_digest(w),
    message:
        "train {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed}, part {wildcards.part})"
    shell:
        TRAIN


use rule train_gantk as train_baselines with:
    wildcard_constraints:
        method=plan.variants_of("baselines"),
    conda:
        "../../envs/torch.yaml"
    params:
        room="baselines",
        method=lambda w: plan.method_of(w.method),
        folder=PART,
        checkpoint=f"{RESULTS}/{paths.CHECKPOINTS}/{paths.PART}.npz",
        environment=plan.environment(CONFIG),
        samples=lambda w: plan.sample_count(CONFIG, w),
        settings=lambda w: plan.train_settings(CONFIG, w),
        source=lambda w: plan.method_digest(w),
