"""Digests of code and of files: which changes count."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suite.running import content
from suite.running.content import code_of, files_digest, joined, source_of
from suite.running.provenance import ROOT
from tests.imports import ROOMS, file_of, imported, registered

FILES = {
    "room/__init__.py": '"""A room."""\n',
    "room/main.py": "from room.method import run\nimport numpy\n",
    "room/method.py": "def run():\n    from shared import kernel\n    return kernel.K\n",
    "room/other.py": "X = 1\n",
    "shared/__init__.py": "",
    "shared/kernel.py": "import shared.tiles\nfrom suite.running import cli\nK = 1\n",
    "shared/tiles.py": "import room.main\n",
    "suite/running/cli.py": "import room.other\nWORD = 'a'\n",
}
SYNTAX = b'''
"""Words."""
import numpy as np
from a.b import c as d, e

X: int = 1_000
"""What X is."""


class A(B, metaclass=C):
    x: float = Field(1e-3, ge=0, description="a step")

    @property
    def y(self, a, /, *b: int, k=2, **c) -> str:
        """Words."""
        if not (a := b[1:2, ...]):
            raise InputError(f"{a} is bad: mend it") from None
        return f"{a!r:>{k}} {x=}" "end" if a else lambda z: {**c, "q": [w async for w in z]}


async def f():
    try:
        async with g() as h, i:
            yield await h
    except* (ValueError, OSError) as error:
        assert error, 0x10 + 2j
    match h:
        case {"a": [1, *rest], **more} | A(x=0) if rest:
            pass
'''


def forget() -> None:
    """Clear the caches of digests and imports, like a new process."""
    for kept in (content.source_of, content._found, content._files):
        kept.cache_clear()


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(content, "ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


@pytest.mark.parametrize(
    "name",
    ["room/__init__.py", "room/main.py", "room/method.py", "shared/kernel.py", "shared/tiles.py"],
)
def test_code_that_is_imported_counts(tree: Path, name: str) -> None:
    """At any depth, inside functions, in circular imports, and in packages."""
    before = source_of("room.main")
    (tree / name).write_text(FILES[name] + "EDITED = 1\n")
    forget()
    after = source_of("room.main")
    assert {file for file in after if after[file] != before.get(file)} == {name}


@pytest.mark.parametrize("name", ["room/other.py", "suite/running/cli.py", "notes.md", "new.py"])
def test_code_that_is_not_imported_or_carries_work_out_does_not(tree: Path, name: str) -> None:
    before = source_of("room.main")
    (tree / name).write_text("EDITED = 1\n")
    forget()
    assert source_of("room.main") == before


def test_named_modules_count_wherever_they_stand(tree: Path) -> None:
    both = source_of("room.main", "room.other")
    assert both == source_of("room.other", "room.main") != source_of("room.main")
    assert set(both) - set(source_of("room.main")) == {"room/other.py"}
    assert joined(both) != joined(source_of("room.main"))
    (tree / "room/other.py").rename(tree / "room/third.py")
    forget()
    assert joined(source_of("room.third")) != joined({"room/other.py": both["room/other.py"]})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "# why\nx  =  1  # so\n\n"),
        ("x = 1\n", '"""Words."""\n\nx = 1\n"""What x is,\n\nin words."""\n'),
        (
            "def f():\n    return 1\n",
            'def f():\n    """Words."""\n    return (\n        1\n    )\n',
        ),
        ("class A:\n    x = 'a'\n", 'class A:\n    "Words."\n\n    x = "a"\n'),
        ("f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
        ("x = 'a' 'b'\n", "x = 'ab'\n"),
        ("raise E(f'{a} is bad')\n", "raise E(f'{a} is bad: mend it')\n"),
        ("x = Field(1, description='a')\n", "x = Field(1, description='b')\n"),
        ("x = Method('a')\n", "x = Method('a', references=(('b', 'c', 'd'),))\n"),
        ("x = 1_000\n", "x = 1000\n"),
    ],
)
def test_words_and_layout_do_not_count(before: str, after: str) -> None:
    assert code_of(before.encode()) == code_of(after.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 2\n"),
        ("x = 1\n", "x = 1.0\n"),
        ("x = True\n", "x = 1\n"),
        ("x = 'a'\n", "x = b'a'\n"),
        ("x = -a\n", "x = ~a\n"),
        ("x = a < b\n", "x = a <= b\n"),
        ("f(a=1)\n", "f(b=1)\n"),
        ("f(*a)\n", "f(a)\n"),
        ("x = 'a'\n", "y = 'a'\n"),
        ("raise E(a)\n", "raise F(a)\n"),
        ("if a:\n    f()\ng()\n", "if a:\n    f()\n    g()\n"),
        ("x = Field(1, ge=0)\n", "x = Field(1, gt=0)\n"),
        ("def f(a, /, b): ...\n", "def f(a, b, /): ...\n"),
        ("def f(*, a=1): ...\n", "def f(*, a=2): ...\n"),
        ("x = (a, b)\n", "x = [a, b]\n"),
        ("from a import b\n", "from c import b\n"),
    ],
)
def test_code_counts(before: str, after: str) -> None:
    assert code_of(before.encode())[0] != code_of(after.encode())[0]


def test_every_version_of_python_finds_the_same() -> None:
    """Found with 3.11, 3.12 and 3.13. An upgrade of Python must not train again."""
    digest, imports = code_of(SYNTAX)
    assert (digest, imports) == ("232864dede114a24", ["a.b.c", "a.b.e", "numpy"])


def test_code_without_effect_has_no_digest_and_code_that_cannot_be_read_counts_as_it_is() -> None:
    assert code_of(b'"""Words."""\n# why\n') == ("", [])
    assert code_of(b"def f(:\n")[0] != code_of(b"def f(:\n\n")[0]


def test_formatting_the_repository_anew_changes_no_digest(tmp_path: Path) -> None:
    for package in (*ROOMS, "suite"):
        shutil.copytree(ROOT / package, tmp_path / package)
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert ruff is not None
    files = sorted(tmp_path.rglob("*.py"))
    before = {path: path.read_bytes() for path in files}
    layout = ["--isolated", "--line-length=60", "--config=format.quote-style='single'"]
    subprocess.run([ruff, "format", "-q", *layout, str(tmp_path)], check=True)
    changed = [path for path in files if path.read_bytes() != before[path]]
    assert len(changed) > 50
    assert all(code_of(path.read_bytes()) == code_of(before[path]) for path in changed)


def test_imports_are_those_that_python_sees() -> None:
    for package in (*ROOMS, "suite"):
        for path in sorted((ROOT / package).rglob("*.py")):
            _, imports = code_of(path.read_bytes())
            found = {file for module in imports for file in content._files(module)}
            seen = {file_of(module) for module in imported(path, types=True)} - {None}
            assert {str(file.relative_to(ROOT)) for file in seen} <= found, path


def test_what_is_found_once_is_kept_and_nothing_depends_on_it(
    tree: Path, cache, monkeypatch
) -> None:
    before = source_of("room.main")
    assert len(list((cache / "gantk-bench/digests").iterdir())) == len({*FILES.values()}) - 2
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(content, "code_of", lambda text: pytest.fail("parsed again"))
        assert source_of("room.main") == before
    for file in (cache / "gantk-bench/digests").iterdir():
        file.write_text("")
    forget()
    assert source_of("room.main") == before
    nowhere = tree / "nowhere"
    nowhere.write_text("a file where the cache would be a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere))
    forget()
    assert source_of("room.main") == before


def test_files_count_by_name_and_content_and_not_by_time(tmp_path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_bytes(b"same")
    before = files_digest(files)
    os.utime(files[0], (1, 1))
    assert files_digest(files) == before
    files[0].write_bytes(b"emas")
    assert files_digest(files) != before
    files[0].write_bytes(b"same")
    assert files_digest(files) == before != files_digest(files[:1])
    renamed = files[0].rename(tmp_path / "c")
    assert files_digest([renamed, files[1]]) != before
    assert files_digest([]) == files_digest([])


def test_large_folders_are_read_once_and_count_by_content_too(tmp_path, monkeypatch) -> None:
    """A copy with new paths and times has the digest of the original."""
    folder, read = tmp_path / "pictures", []
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_bytes(b"same")
    whole = content._content
    monkeypatch.setattr(content, "READABLE", 7)
    monkeypatch.setattr(content, "UNSETTLED", -1.0)
    monkeypatch.setattr(content, "_content", lambda known: read.append(1) or whole(known))

    def digest(of: Path = folder) -> str:
        return files_digest(sorted(of.iterdir()))

    before = digest()
    assert digest() == before and len(read) == 1
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copy)
    assert digest(tmp_path / "copy") == before and len(read) == 2
    time.sleep(0.01)
    stat = (folder / "a").stat()
    (folder / "a").write_bytes(b"emas")
    os.utime(folder / "a", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert digest() != before, "of the same size, and set back to the same time"
    monkeypatch.setattr(content, "UNSETTLED", 60.0)
    reads = len(read)
    assert digest() == digest() and len(read) == reads + 2, "just changed, and may change again"


@pytest.mark.parametrize("room", [room for room in ROOMS if registered(room)])
def test_nothing_that_carries_work_out_is_part_of_a_digest(room: str) -> None:
    for module in registered(room):
        found = source_of(module)
        assert file_of(module).relative_to(ROOT).as_posix() in found
        assert not any(name.startswith(content.LEFT_OUT) for name in found), module
