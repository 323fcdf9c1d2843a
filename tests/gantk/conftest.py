"""JAX is set up once, before any test touches a device; a few CPU devices make sharding real."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")

import jax
import pytest

from gantk.backend import configure

configure()


@pytest.fixture(scope="session", autouse=True)
def compilation_cache(tmp_path_factory, worker_id):
    """Methods are trained several times over: each program is compiled once for all workers.

    Where the caller names a folder, as `mutation.py` does, they outlive the run there.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    # In the environment too: `configure` would name the user's own folder again.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared / "compiled")
    jax.config.update("jax_compilation_cache_dir", str(shared / "compiled"))
    jax.config.update("jax_compilation_cache_max_size", 2**30)  # a size brings a lock with it
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1)


@pytest.fixture(scope="module", autouse=True)
def forgotten_programs():
    """The compiled programs of a file, hundreds of MB, leave the memory with it."""
    yield
    jax.clear_caches()
