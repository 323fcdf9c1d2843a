"""`python -m benchmarks NAME ...` runs benchmarks/NAME.py; without a name it lists them."""

import importlib
import pkgutil
import sys
from types import ModuleType

import typer

import benchmarks
from suite.running.cli import run
from suite.running.errors import unknown

NAMES = [info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name[0] != "_"]


def app_of(module: ModuleType) -> typer.Typer:
    """The command line of a benchmark: the functions in `COMMANDS`, with the docstring as help."""
    # \b: click must not wrap the paragraph that follows.
    words = "\b\n" + (module.__doc__ or "").replace("\n\n", "\n\n\b\n")
    app = typer.Typer(help=words, add_completion=False, rich_markup_mode=None)
    for command in module.COMMANDS:
        app.command(help=words if len(module.COMMANDS) == 1 else None)(command)
    return app


def main() -> None:
    """List the benchmarks, or run the one that is named."""
    if len(sys.argv) < 2:
        print("\n".join(NAMES))
    elif sys.argv[1] not in NAMES:
        sys.exit(f"error: {unknown('benchmark', sys.argv[1], NAMES)}")
    else:
        run(app_of(importlib.import_module(f"benchmarks.{sys.argv.pop(1)}")))


if __name__ == "__main__":
    main()
