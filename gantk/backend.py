"""How JAX runs here: with double precision, and one JAX device per CPU thread."""

import contextlib
import hashlib
import os
import platform
from pathlib import Path

from suite.running.cpu import available_cores
from suite.running.errors import InputError
from suite.running.files import cache_folder


def cpu_threads() -> int:
    """CPU threads that this process may use: OMP_NUM_THREADS if it is set, else all cores.

    OMP_NUM_THREADS may be a list for nested levels of OpenMP; the first number is used.

    Raises:
        InputError: OMP_NUM_THREADS is not a number.
    """
    text = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if text and not text.isdecimal():
        raise InputError(f"OMP_NUM_THREADS={text}: give a whole number of threads, or unset it")
    return int(text or 0) or available_cores()


def program_cache() -> Path:
    """The folder for compiled programs, a different one for each kind of processor.

    JAX's own cache key contains the program, JAX's version and flags, but no instruction set. A
    program compiled on another node of a cluster could stop with an illegal instruction here.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    kind = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    text = "\n".join(kind or [platform.machine(), platform.processor()])
    return cache_folder() / "programs" / hashlib.sha256(text.encode()).hexdigest()[:16]


def configure() -> None:
    """Set JAX up; call it before anything touches a JAX device (later calls change nothing).

    The kernel engine divides its tiles among JAX devices. On a CPU every thread becomes a device
    that runs single-threaded code, so a tile stays in the cache of its core. Threads inside an
    operation cost more in synchronisation than they gain (measured on 2 cores: 1.0 to 1.2 times as
    fast as one thread, against 2.0 times with one device per thread).
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "--xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    # The eigendecomposition runs on every device at once. With more BLAS threads than devices, the
    # threads wait for each other (measured: 13 times slower at n = 64).
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import jax

    jax.config.update("jax_enable_x64", True)
    # GPUs would round float32 factors to TF32, which has 10 bits, and gradients to 2 digits.
    jax.config.update("jax_default_matmul_precision", "highest")
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(program_cache()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    if "--xla_force_host_platform_device_count" not in flags:
        # RuntimeError: the devices exist already, for example in a notebook, and are kept.
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cpu_threads())


def gpu_memory() -> dict[str, float]:
    """Peak memory of the first GPU in MiB, for provenance; nothing on a CPU."""
    import jax

    stats = jax.devices()[0].memory_stats() or {}
    peak = stats.get("peak_bytes_in_use") if jax.default_backend() != "cpu" else None
    return {} if peak is None else {"gpu_peak_memory_mib": round(peak / 2**20, 1)}


def device_name() -> str:
    """The devices in use, for provenance."""
    import jax

    devices = jax.devices()
    return f"{len(devices)} x {devices[0].device_kind} ({devices[0].platform})"
