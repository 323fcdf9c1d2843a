"""`python -m benchmarks NAME ...` runs benchmarks/NAME.py; without a name it lists them."""

import pkgutil
import runpy
import sys

import benchmarks
from suite.running.errors import unknown

NAMES = [info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name[0] != "_"]

if len(sys.argv) < 2:
    print("\n".join(NAMES))
elif sys.argv[1] not in NAMES:
    sys.exit(f"error: {unknown('benchmark', sys.argv[1], NAMES)}")
else:
    name = sys.argv.pop(1)
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
