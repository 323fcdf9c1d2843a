# One rule a room, since JAX and PyTorch do not share an environment. The checkpoint is a
# parameter: as an output it would be deleted with those of a killed job.
PART = f"{RUN}/part{{part}}"
PART_FILES = ["samples.npz", "trajectory.npz", "history.csv", "run.json"]
TRAIN = (
    "{params.environment} python -m {params.room} train {params.method} --data {input}"
    " --out {params.folder} --seed {wildcards.seed} --part {wildcards.part}"
    " --samples {params.samples} --settings {params.settings:q}"
    " --checkpoint {params.checkpoint} 2>&1 | tee {log}"
)


rule train_gantk:
    input:
        f"{RESULTS}/data/{{dataset}}/n{{n}}/seed{{data_seed}}.npz",
    output:
        expand(f"{PART}/{{file}}", file=PART_FILES, allow_missing=True),
    log:
        f"{LOGS}/{plan.RUN}/part{{part}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{plan.RUN}/part{{part}}.tsv"
    wildcard_constraints:
        method=plan.variants_of("gantk"),
    retries: 2
    conda:
        "../../envs/jax.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
    params:
        room="gantk",
        method=lambda w: plan.method_of(w.method),
        folder=PART,
        checkpoint=f"{RESULTS}/checkpoints/{plan.RUN}/part{{part}}.npz",
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
        checkpoint=f"{RESULTS}/checkpoints/{plan.RUN}/part{{part}}.npz",
        environment=plan.environment(CONFIG),
        samples=lambda w: plan.sample_count(CONFIG, w),
        settings=lambda w: plan.train_settings(CONFIG, w),
        source=lambda w: plan.method_digest(w),
