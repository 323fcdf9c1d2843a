# One rule for each environment and each share of the parts of a run (suite.planning.jobs.trainings).
# The checkpoint is a parameter, because Snakemake deletes the outputs of a killed job. The parts are a
# resource, because as a parameter another `parts_per_job` would rerun them. Records come first, since
# other rules ask for them, and Snakemake matches the first output fastest.
PART_FILES = [paths.RECORD, paths.SAMPLES, paths.TRAJECTORY, paths.HISTORY]

for training in jobs.trainings(CONFIG):

    rule:
        name:
            training.rule
        input:
            rules.subset.output,
        output:
            expand(
                [f"{PART}/{file}" for file in PART_FILES],
                part=training.parts,
                allow_missing=True,
            ),
        log:
            f"{LOGS}/{training.log}.log",
        benchmark:
            f"{BENCHMARKS}/{training.log}.tsv"
        wildcard_constraints:
            method=training.methods,
            n=training.sizes,
        # JAX compiles for a long time, so its trainings start first and do not delay the end.
        priority: int(training.environment == "jax")
        # A killed job is retried (suite.planning.attempts) as long as each attempt gets further. Inside a
        # cluster job a second Snakemake runs the command; that one must not retry it.
        retries: 20 if workflow.is_main_process else 0
        conda:
            f"../../envs/{training.environment}.yaml"
        threads: CONFIG.threads
        resources:
            gpu=GPU,
            first_part=training.parts[0],
            parts=len(training.parts),
            runtime=lambda w, parts=len(training.parts): resources.training_minutes(
                CONFIG, w, parts
            ),
            mem_mb=lambda w: resources.training_memory(w),
        params:
            room=training.room,
            method=lambda w: jobs.method_of(w.method),
            folder=RUN,
            checkpoints=f"{RESULTS}/{paths.CHECKPOINTS}/{paths.RUN}",
            samples=lambda w: identity.drawn_samples(CONFIG, w),
            settings=lambda w: identity.method_settings(CONFIG, w),
            code=lambda w: identity.method_code(CONFIG, w),
            files=lambda w: identity.method_files(CONFIG, w),
        message:
            "train {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
            " ({wildcards.experiment}, seed {wildcards.seed}, "
            f"{training.title})"
        shell:
            attempts.tried(
                "python -m {params.room} train {params.method} --data {input}"
                " --out {params.folder} --part {resources.first_part} --parts {resources.parts}"
                " --seed {wildcards.seed} {params.samples} --settings {params.settings:q}"
                " --checkpoint {params.checkpoints}"
            )
