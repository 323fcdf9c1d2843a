"""Sets up JAX before any test uses a device. Several CPU devices test the sharding."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")

import jax
import pytest

from gantk.backend import configure

configure()


@pytest.fixture(scope="session", autouse=True)
def compilation_cache(tmp_path_factory, worker_id):
    """Compile each program once for all workers, because methods are trained several times.

    If the caller names a folder, as `mutation.py` does, the programs stay there after the run.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    # Also in the environment, where `configure` would set the user's own folder again.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared / "compiled")
    jax.config.update("jax_compilation_cache_dir", str(shared / "compiled"))
    jax.config.update("jax_compilation_cache_max_size", 2**30)  # a size brings a lock with it
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1)


@pytest.fixture(scope="module", autouse=True)
def forgotten_programs():
    """Remove the compiled programs of a file, hundreds of MB, from memory."""
    yield
    jax.clear_caches()
