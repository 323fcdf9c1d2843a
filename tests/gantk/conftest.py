"""JAX is set up once, before any test touches a device; a few CPU devices make sharding real."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")

from gantk.backend import configure

configure()
