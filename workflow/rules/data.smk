rule subset:
    output:
        f"{RESULTS}/{paths.SUBSET}",
    log:
        f"{LOGS}/{paths.SUBSET}.log",
    group:
        "short"
    conda:
        "../../envs/torch.yaml"
    resources:
        runtime=resources.SHORT,
        mem_mb=resources.PROCESS,
    params:
        kind=lambda w: identity.source_kind(CONFIG, w),
        settings=lambda w: identity.source_settings(CONFIG, w),
        code=lambda w: identity.source_code(CONFIG, w),
        files=lambda w: identity.source_files(CONFIG, w),
    message:
        "draw {wildcards.n} rows of {wildcards.dataset} (data seed {wildcards.data_seed})"
    shell:
        "python -m datasets subset {params.kind} --name {wildcards.dataset} --n {wildcards.n}"
        " --seed {wildcards.data_seed} --settings {params.settings:q} --out {output} > {log} 2>&1"


rule reference:
    output:
        REFERENCE,
    log:
        f"{LOGS}/{paths.REFERENCE}.log",
    wildcard_constraints:
        reference="heldout|class",
    group:
        "short"
    conda:
        "../../envs/torch.yaml"
    resources:
        runtime=resources.SHORT,
        mem_mb=resources.PROCESS,
    params:
        rows=lambda w: identity.reference_rows(CONFIG, w),
        kind=lambda w: identity.source_kind(CONFIG, w),
        settings=lambda w: identity.source_settings(CONFIG, w),
        code=lambda w: identity.source_code(CONFIG, w),
        files=lambda w: identity.source_files(CONFIG, w),
    message:
        "read the {wildcards.reference} rows of {wildcards.dataset}"
    shell:
        "python -m datasets subset {params.kind} --name {wildcards.dataset} {params.rows}"
        " --settings {params.settings:q} --out {output} > {log} 2>&1"
