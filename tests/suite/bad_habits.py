"""More bad inputs by kind: pictures, values, machines, and typed commands of users."""

import errno
from pathlib import Path
from types import SimpleNamespace

from suite.planning import given
from tests.suite.bad_inputs import (
    DRAW,
    FOLDER,
    INIT,
    JUDGE,
    LEARN,
    Case,
    changed,
    command,
    configuration,
    raising,
)

SOURCE, DCGAN = "datasets.mine.source", "experiments.own.methods.dcgan"
CACHE_IS_A_FILE = SimpleNamespace(
    user_cache_dir="a_file", user_config_dir="config", site_config_dir="config"
)
SIZES = "experiments.own.datasets.mine.n"


def targets(words: str, said: str) -> Case:
    """A case of `snakemake WORDS`: targets that no rule makes."""
    rules = [
        SimpleNamespace(name=name, has_wildcards=lambda: False, is_producer=lambda _: False)
        for name in ("all", "figures", "table1")
    ]
    return Case(f"snakemake {words}", lambda: given.check_targets(words.split(), rules), said)


def started(words: str, said: str, trouble: str = "", **faults: object) -> Case:
    """A case of `snakemake WORDS` that ends before Snakemake reads the Snakefile."""
    return Case(
        f"snakemake {words}",
        lambda: given.check_command(["snakemake", *words.split()]),
        said,
        trouble,
        faults,
    )


def option(word: str, said: str) -> Case:
    """A case of `snakemake --config WORD`."""
    return Case(
        f"--config {word}", lambda: given.validated(changed({}), ["good.yaml"], True, [word]), said
    )


def disk(number: int, trouble: str, said: str) -> Case:
    """A case of a file that cannot be written."""
    fault = raising(OSError(number, "as the system says it"))
    words = f"{DRAW} mnist --n 4 --out new.npz"
    return command(words, said, trouble, **{"numpy.savez_compressed": fault})


PICTURES = [
    configuration({f"{SOURCE}.path": "pictures/00.png"}, "is a file, not a folder"),
    configuration({f"{SOURCE}.path": "pictures.zip"}, "is a file, not a folder"),
    configuration({f"{SOURCE}.path": "https://a.org/b"}, "no such file or folder"),
    configuration({f"{SOURCE}.path": ["pictures", "large"]}, "should be a path, not ['pictures'"),
    configuration({f"{SOURCE}.path": "links"}, "links/00.png: no such file or folder"),
    configuration({f"{SOURCE}.path": "zeros"}, "zeros/00.png: damaged or not an image"),
    configuration({f"{SOURCE}.path": "named"}, "named: contains no image"),
    configuration({f"{SOURCE}.heldout_path": "same"}, "is the folder of training images"),
    configuration(
        {f"{SOURCE}.leave_out": "00.png"}, "should be a list, [VALUE, ...], not '00.png'"
    ),
    configuration({f"{SOURCE}.background": "#12"}, "#12 is not a colour"),
    configuration({f"{SOURCE}.size": "28px"}, "size: a whole number is needed, not '28px'"),
    command(f"{FOLDER}pictures --set size=99999", "less than or equal to 1024"),
    command(f"{INIT} pictures/00.png", "is a file, not a folder"),
    command(f"{INIT} zeros", "none of its 12 pictures can be read"),
    command(f"{JUDGE} links small", "links/00.png: no such file or folder"),
]
VALUES = [
    configuration({"samples": 1.5}, "samples: a whole number is needed, not 1.5"),
    configuration({"samples": None}, "samples: a whole number is needed, not nothing"),
    configuration({"samples": float("inf")}, "should be a finite number, not inf"),
    configuration({"samples": "1,000"}, "a whole number is needed, not '1,000'"),
    configuration({"samples": "0x10"}, "a whole number is needed, not '0x10'"),
    configuration({"threads": 0}, "threads: input should be greater than 0"),
    configuration({"metrics": "fid_train"}, "should be a list, [VALUE, ...], not 'fid_train'"),
    configuration({"metrics": []}, "metrics: at least one entry is needed"),
    configuration({"seeds": {"training": 0}}, "should be a list, [VALUE, ...], not 0"),
    configuration({"seeds": [0, 1]}, "seeds: input should be a mapping, KEY: VALUE"),
    configuration({"name": ""}, "not '': use only letters a to z"),
    configuration({"datasets": ["mine"]}, "should be a mapping, KEY: VALUE, not ['mine']"),
    configuration({DCGAN: {"learning_rate": 0}}, "learning_rate: input should be greater than 0"),
    configuration({DCGAN: {"learning_rate": "fast"}}, "a number is needed, not 'fast'"),
    configuration({DCGAN: {"learning_rate": float("nan")}}, "should be a finite number"),
    configuration({DCGAN: {"augment": "shift"}}, "should be a list, [VALUE, ...], not 'shift'"),
    configuration({DCGAN: {"updates": [3, 3.0]}}, "have the same settings"),
    configuration({SIZES: [0]}, "n.0: input should be greater than 0"),
    configuration({SIZES: []}, "n: at least one entry is needed"),
    option("samples=010", "Snakemake reads the number 10"),
]
MACHINES = [
    disk(errno.EROFS, "the file system is read-only", "choose another output folder"),
    disk(errno.EDQUOT, "the user's quota is used up", "the disk quota is used up"),
    disk(errno.EACCES, "the folder is somebody else's", "permission denied"),
    disk(errno.EIO, "the disk fails", "the disk failed: check it"),
    disk(errno.EMFILE, "too many files are open", "raise the limit (ulimit -n 4096)"),
    disk(errno.ENAMETOOLONG, "a long path", "the name is too long"),
    disk(errno.ELOOP, "a link to itself", "points back to itself"),
    command(
        f"{JUDGE} small small --metrics fid_train",
        "the cache folder cannot be written",
        "the cache is a file",
        **{"suite.running.files.cache_folder": lambda: Path("a_file")},
    ),
    command(
        f"{JUDGE} small small --metrics fid_train",
        "nowhere/cache: the cache folder cannot be written",
        "the cache cannot be made",
        **{"suite.running.files.cache_folder": lambda: Path("/proc/nowhere/cache")},
    ),
    started(
        "--configfile good.yaml",
        "a_file: the cache folder cannot be written",
        "its own cache is a file",
        **{"snakemake.common.get_appdirs": lambda: CACHE_IS_A_FILE},
    ),
    command(
        f"{DRAW} mnist --n 4 --out new.npz",
        "interrupted: run the same command again",
        "Ctrl-C while it writes",
        **{"numpy.savez_compressed": raising(KeyboardInterrupt())},
    ),
]
TYPING = [
    started("--configfile nowhere.yaml", "nowhere.yaml: no such file: check the path"),
    started("--configfile good.yaml table1", "write targets before --configfile"),
    targets("tabel1", "did you mean 'table1'?"),
    targets("good.yaml", "to use a configuration, write --configfile"),
    targets("results/own/tables/tabel1.md", "a file below results/"),
    targets("dcgan", "no rule makes the target 'dcgan'"),
    command("datasets innit pictures", "No such command 'innit'. Did you mean 'init'?"),
    command("datasets init", "Missing argument 'folders'"),
    command("gantk trian ga-cntk", "Did you mean 'train'?"),
    command("gantk train", "Missing argument 'name'"),
    command("gantk train ga-cntk --data good.npz", "Missing option '--out'"),
    command(f"{LEARN} good.npz --set updates", "'updates' is not KEY=VALUE"),
    command(f"{LEARN} good.npz --set =3", "'=3' is not KEY=VALUE"),
    command(f"{LEARN} good.npz --set updates=", "updates: a whole number is needed, not ''"),
    command(f"{LEARN} good.npz --set updates=3 --set updates=4", "'updates' is given twice"),
    command(f"{JUDGE} small", "Missing argument 'reference'"),
    command(f"{JUDGE} small small --metrics ,", "--metrics is empty"),
    command("metrics copies small", "Missing option '--train'"),
    command("suite plan", "Missing argument 'config'"),
    command("suite verify nowhere", "nowhere"),
    command("suite explain nowhere", "nowhere"),
    command("reporting tabels damaged", "Did you mean 'tables'?"),
]
HABITS = {
    "Pictures": PICTURES,
    "Values": VALUES,
    "Machines": MACHINES,
    "What is typed": TYPING,
}
