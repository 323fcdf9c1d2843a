rule weights:
    output:
        f"{RESULTS}/weights.json",
    log:
        f"{LOGS}/weights.log",
    retries: 2
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        weights=plan.weights_option(CONFIG),
    message:
        "fetch the weights of the Inception network"
    shell:
        "python -m metrics fetch-weights {params.weights} --out {output} 2>&1 | tee {log}"


rule evaluate:
    input:
        parts=lambda w: expand(
            f"{RUN}/part{{part}}/{{file}}",
            part=plan.part_numbers(CONFIG, w),
            file=["samples.npz", "run.json"],
            **w,
        ),
        train=f"{RESULTS}/data/{{dataset}}/n{{n}}/seed{{data_seed}}.npz",
        heldout=f"{RESULTS}/data/{{dataset}}/heldout.npz",
        weights=rules.weights.output,
    output:
        f"{RUN}/metrics.json",
    log:
        f"{LOGS}/{plan.RUN}/metrics.log",
    conda:
        "../../envs/torch.yaml"
    threads: CONFIG.threads
    resources:
        gpu=GPU,
    params:
        folders=lambda w: expand(f"{RUN}/part{{part}}", part=plan.part_numbers(CONFIG, w), **w),
        device=plan.device_environment(CONFIG),
        metrics=CONFIG.metrics,
        seed=CONFIG.seeds.evaluation,
        source=plan.metrics_digest(CONFIG),
    message:
        "evaluate {wildcards.method} on {wildcards.n} rows of {wildcards.dataset}"
        " ({wildcards.experiment}, seed {wildcards.seed})"
    shell:
        "{params.device} python -m metrics evaluate {params.folders} --train {input.train}"
        " --heldout {input.heldout} --out {output} 2>&1 | tee {log}"
