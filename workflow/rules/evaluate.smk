rule weights:
    output:
        f"{RESULTS}/weights.txt",
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
        "python -m metrics fetch-weights {params.weights} 2> >(tee {log} >&2) > {output}"


WEIGHTS = rules.weights.output if "inception" in plan.extractors(CONFIG) else []
SETS = [
    f"{RESULTS}/data/{{dataset}}/n{{n}}/seed{{data_seed}}.npz",
    *[f"{RESULTS}/data/{{dataset}}/{name}.npz" for name in plan.references(CONFIG)],
]


rule evaluate:
    input:
        parts=lambda w: expand(
            f"{RUN}/part{{part}}/{{file}}",
            part=plan.part_numbers(CONFIG, w),
            file=["run.json", "samples.npz"],
            **w,
        ),
        sets=SETS,
        weights=WEIGHTS,
    output:
        f"{RUN}/metrics.json",
    log:
        f"{LOGS}/{plan.RUN}/metrics.log",
    benchmark:
        f"{RESULTS}/benchmarks/{plan.RUN}/metrics.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
    params:
        environment=plan.environment(CONFIG),
        parts=lambda w: expand(f"{RUN}/part{{part}}", part=plan.part_numbers(CONFIG, w), **w),
        sets=lambda w, input: plan.set_options(CONFIG, input.sets),
        metrics=",".join(CONFIG.metrics),
        samples=CONFIG.samples,
        seed=CONFIG.seeds.evaluation,
        features=f"{RESULTS}/features",
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "evaluate {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed})"
    shell:
        "{params.environment} python -m metrics evaluate {params.parts} {params.sets}"
        " --metrics {params.metrics} --samples {params.samples} --seed {params.seed}"
        " --features {params.features} {params.weights} --out {output} 2>&1 | tee {log}"


rule controls:
    input:
        train=f"{RESULTS}/data/{{dataset}}/n{{n}}/seed{{data_seed}}.npz",
        heldout=f"{RESULTS}/data/{{dataset}}/heldout.npz",
        whole=f"{RESULTS}/data/{{dataset}}/class.npz",
        weights=WEIGHTS,
    output:
        f"{RESULTS}/{plan.CONTROLS}",
    log:
        f"{LOGS}/{plan.CONTROLS}.log",
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
    params:
        environment=plan.environment(CONFIG),
        metrics=",".join(CONFIG.metrics),
        samples=CONFIG.samples,
        seed=CONFIG.seeds.evaluation,
        features=f"{RESULTS}/features",
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "evaluate real images beside {wildcards.n} rows of {wildcards.dataset}"
    shell:
        "{params.environment} python -m metrics controls --train {input.train} --heldout {input.heldout}"
        " --class {input.whole} --metrics {params.metrics} --samples {params.samples}"
        " --seed {params.seed} --features {params.features} {params.weights}"
        " --out {output} 2>&1 | tee {log}"


rule trajectory:
    input:
        record=f"{RUN}/part0/run.json",
        snapshots=f"{RUN}/part0/trajectory.npz",
        sets=SETS,
        weights=WEIGHTS,
    output:
        f"{RUN}/trajectory.csv",
    log:
        f"{LOGS}/{plan.RUN}/trajectory.log",
    benchmark:
        f"{RESULTS}/benchmarks/{plan.RUN}/trajectory.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
    params:
        environment=plan.environment(CONFIG),
        part=subpath(input.record, parent=True),
        sets=lambda w, input: plan.set_options(CONFIG, input.sets),
        metrics=",".join(CONFIG.metrics),
        seed=CONFIG.seeds.evaluation,
        features=f"{RESULTS}/features",
        weights=plan.weights_option(CONFIG),
        source=plan.metrics_digest(CONFIG),
    message:
        "follow {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed}) along its training"
    shell:
        "{params.environment} python -m metrics trajectory {params.part} {params.sets}"
        " --metrics {params.metrics} --seed {params.seed} --features {params.features}"
        " {params.weights} --out {output} 2>&1 | tee {log}"


rule nearest:
    input:
        record=f"{RUN}/part0/run.json",
        samples=f"{RUN}/part0/samples.npz",
        train=f"{RESULTS}/data/{{dataset}}/n{{n}}/seed{{data_seed}}.npz",
    output:
        f"{RUN}/nearest.npz",
    log:
        f"{LOGS}/{plan.RUN}/nearest.log",
    conda:
        "../../envs/torch.yaml"
    params:
        part=subpath(input.record, parent=True),
        source=plan.nearest_digest(),
    message:
        "find the training images nearest to those of {wildcards.method} on {wildcards.n} rows"
        " of {wildcards.dataset} ({wildcards.experiment}, seed {wildcards.seed})"
    shell:
        "python -m metrics nearest {params.part} --train {input.train} --out {output} 2>&1 | tee {log}"
