"""Which GPU a job takes, for every form of nvidia-smi and CUDA_VISIBLE_DEVICES."""

import os
import re
import time
from pathlib import Path

import pytest

from suite.running import cli, devices, driver, lease
from suite.running.errors import InputError
from suite.running.provenance import ROOT

TWO = "GPU 0: NVIDIA H100 (UUID: GPU-aa11)\nGPU 1: NVIDIA H100 (UUID: GPU-bb22)"
CUT = (
    "GPU 0: NVIDIA A100 (UUID: GPU-aa11)\n"
    "  MIG 1g.10gb     Device  0: (UUID: MIG-c1)\n"
    "  MIG 1g.10gb     Device  1: (UUID: MIG-c2)\n"
    "GPU 1: NVIDIA A100 (UUID: GPU-bb22)"
)
VARIABLES = ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "JAX_PLATFORMS", "DEVICE", "JOBS_PER_GPU"]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variables of the suite or of a scheduler; variables that a lease sets are restored."""
    for name in [*VARIABLES, *lease.SCHEDULERS, "XLA_PYTHON_CLIENT_PREALLOCATE"]:
        monkeypatch.setenv(name, "")  # so that it is restored although a lease sets it
        monkeypatch.delenv(name)
    monkeypatch.setattr(lease.tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def smi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Put a stand-in for nvidia-smi on PATH that runs a line of shell code."""

    def make(line: str) -> None:
        script = tmp_path / "bin" / "nvidia-smi"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")

    return make


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cuda_build", lambda framework: True)


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (None, ["GPU-aa11", "GPU-bb22"]),
        ("0", ["GPU-aa11"]),
        (" 1", ["GPU-bb22"]),
        ("1, 0", ["GPU-bb22", "GPU-aa11"]),
        ("0,0", ["GPU-aa11"]),
        ("GPU-bb22", ["GPU-bb22"]),
        ("GPU-b", ["GPU-bb22"]),
        ("GPU-bb22,1", ["GPU-bb22"]),
        ("0,-1,1", ["GPU-aa11"]),
        ("1,7,0", ["GPU-bb22"]),
        ("", []),
        (" ", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("all", []),
        ("7", []),
        ("GPU-ff", []),
    ],
)
def test_presets_name_gpus_as_cuda_reads_them(smi, monkeypatch, preset, expected) -> None:
    smi(f"echo '{TWO}'")
    if preset is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", preset)
    found, reason = devices.visible()
    assert found == expected
    assert bool(reason) != bool(expected)
    assert not reason or repr(preset) in reason


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (None, ["MIG-c1", "MIG-c2", "GPU-bb22"]),
        ("MIG-c2", ["MIG-c2"]),
        ("0", ["MIG-c1", "MIG-c2"]),
        ("1", ["GPU-bb22"]),
    ],
)
def test_a_cut_gpu_stands_for_its_mig_devices(smi, monkeypatch, preset, expected) -> None:
    smi(f"echo '{CUT}'")
    if preset is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", preset)
    assert devices.visible() == (expected, "")


def test_a_hanging_nvidia_smi_is_left_behind(smi, monkeypatch) -> None:
    smi("exec sleep 60")
    monkeypatch.setattr(devices, "PATIENCE", 0.2)
    started = time.monotonic()
    assert devices.visible() == ([], "nvidia-smi did not answer within 0.2 s")
    assert time.monotonic() - started < 30


def test_without_nvidia_smi_the_names_given_count(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices.visible() == ([], "nvidia-smi was not found")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, 1")
    assert devices.visible() == (["0", "1"], "")


def test_the_build_is_read_off_what_is_installed(monkeypatch, tmp_path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError\n")
    version = tmp_path / "torch" / "version.py"
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(__import__("sys").modules, "torch", raising=False)
    version.write_text("cuda: Optional[str] = None\nhip: Optional[str] = None\n")
    assert not devices.cuda_build("torch")
    version.write_text("cuda: Optional[str] = '13.0'\n")
    assert devices.cuda_build("torch")
    assert not devices.cuda_build("jax")
    (tmp_path / "jax_cuda13_plugin-1.dist-info").mkdir()
    (tmp_path / "jax_cuda13_plugin-1.dist-info" / "METADATA").write_text(
        "Name: jax-cuda13-plugin\n"
    )
    assert devices.cuda_build("jax")


def test_on_a_cpu_nothing_reaches_for_a_gpu(smi, built, monkeypatch) -> None:
    smi(f"echo '{TWO}'")
    monkeypatch.setenv("DEVICE", "cpu")
    with lease.lease("jax") as held:
        assert held is None
        assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["JAX_PLATFORMS"]) == ("", "cpu")


@pytest.mark.parametrize(("name", "value"), [("DEVICE", "tpu"), ("JOBS_PER_GPU", "0")])
def test_a_value_that_means_nothing_is_refused(smi, built, monkeypatch, name, value) -> None:
    smi(f"echo '{TWO}'")
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{name}={value}: "), lease.lease("jax"):
        pass


@pytest.mark.parametrize("scheduler", lease.SCHEDULERS)
def test_what_a_scheduler_assigned_is_not_locked(
    smi, built, monkeypatch, tmp_path, scheduler
) -> None:
    smi(f"echo '{TWO.splitlines()[0]}'")
    monkeypatch.setenv(scheduler, "17")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with lease.lease("jax") as outer, lease.lease("jax") as inner:
        assert outer == inner == "GPU-aa11"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    assert not list(tmp_path.glob("gantk-bench-gpus-*"))


def test_several_that_a_scheduler_assigned_are_shared_out(smi, built, monkeypatch) -> None:
    smi(f"echo '{TWO}'")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with lease.lease("jax") as first:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
        with lease.lease("jax") as second:
            assert {first, second} == {"GPU-aa11", "GPU-bb22"}


def test_jobs_share_a_gpu_by_a_setting_and_spread_first(smi, built, monkeypatch) -> None:
    smi(f"echo '{TWO}'")
    monkeypatch.setenv("JOBS_PER_GPU", "2")
    held = []
    leases = []
    for _ in range(4):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        leases.append(lease.lease("torch"))
        held.append(leases[-1].__enter__())
    assert held == ["GPU-aa11", "GPU-bb22", "GPU-aa11", "GPU-bb22"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(lease.time, "sleep", lambda seconds: pytest.fail("no slot is free"))
    with pytest.raises(pytest.fail.Exception, match="no slot"):
        lease.lease("torch").__enter__()
    for one in leases:
        one.__exit__(None, None, None)


def test_a_lease_names_one_gpu_and_leaves_memory_to_neighbours(smi, built) -> None:
    smi(f"echo '{TWO}'")
    with lease.lease("jax") as held:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == held == "GPU-aa11"
        assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
        assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
        assert os.environ["JAX_PLATFORMS"] == "cuda,cpu"


@pytest.mark.parametrize("number", lease.NO_LOCKS)
def test_a_folder_without_locks_is_said(smi, built, monkeypatch, number) -> None:
    def refused(*_: object) -> None:
        raise OSError(number, "no locks")

    smi(f"echo '{TWO}'")
    monkeypatch.setattr(lease.fcntl, "flock", refused)
    with pytest.raises(InputError, match=r"no locks, .*: set TMPDIR to a folder of this machine"):
        lease.lease("jax").__enter__()


def test_a_lock_folder_that_cannot_be_made_is_said(smi, built, tmp_path, capsys) -> None:
    smi(f"echo '{TWO}'")
    (tmp_path / f"gantk-bench-gpus-{os.getuid()}").write_text("")
    assert cli._status(lambda: lease.lease("jax").__enter__()) == 1
    assert "is a file, not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.\nmore",
            "out of memory",
        ),
        ("CUDA out of memory. Tried to allocate 2 GiB", "out of memory"),
        ("RESOURCE_EXHAUSTED: Failed to allocate 17 bytes for new constant", "out of memory"),
        (
            "Unable to initialize backend 'cuda': no driver",
            "device: gpu, but JAX cannot use the GPU",
        ),
    ],
)
def test_errors_of_memory_and_of_the_driver_are_one_sentence(capsys, text, sentence) -> None:
    def fails() -> None:
        raise RuntimeError(text)

    app = cli.make_app("room", "")
    app.command("fails")(fails)
    app.command("other")(fails)
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["room", "fails"])
        cli.run(app)
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.startswith(f"error: {sentence} (") and said.count("\n") == 1


def test_a_framework_without_its_gpu_does_not_train_on_the_cpu(monkeypatch) -> None:
    assert devices.cpu_instead("torch") == "cpu"
    monkeypatch.setenv("DEVICE", "gpu")
    with pytest.raises(InputError, match="PyTorch finds no GPU that it can use"):
        devices.cpu_instead("torch")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("NVIDIA L4, 580.65.06, 8.9", "NVIDIA L4: driver 580.65.06, compute capability 8.9"),
        (
            "NVIDIA L4, 580.65.05, 8.9",
            "driver 580.65.05 is too old for CUDA 13: install driver 580",
        ),
        ("NVIDIA T4, 590.44, 7.5", "NVIDIA T4: driver 590.44, compute capability 7.5"),
        ("Tesla V100, 580.95.05, 7.0", "Tesla V100 has compute capability 7.0: CUDA 13 needs"),
        ("Field compute_cap is not valid", "nvidia-smi says: .*: update the driver"),
    ],
)
def test_a_driver_is_checked_against_the_cuda_that_is_installed(smi, answer, expected) -> None:
    smi(f"if [ $1 = -L ]; then echo '{TWO}'; else echo '{answer}'; fi")
    try:
        said = driver.report()
    except InputError as error:
        said = str(error)
    assert re.match(expected, said)


def test_where_no_gpu_is_the_driver_it_needs_is_named(smi) -> None:
    smi("echo 'No devices were found'")
    assert "driver 580.65.06 or newer" in driver.report()


def test_what_make_gpu_adds_is_of_the_versions_of_the_lock() -> None:
    """JAX accepts only a plugin of its own version. PyTorch's CUDA is that of the compiler."""
    lock, added = (
        dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-gpu.lock")
    )
    assert not lock.keys() & added.keys()
    assert added["jax-cuda13-plugin"] == added["jax-cuda13-pjrt"] == lock["jax"] == lock["jaxlib"]
    of_cuda = {added[name] for name in added if name.startswith("nvidia")}
    assert of_cuda == {lock["nvidia-cuda-nvrtc"]}
