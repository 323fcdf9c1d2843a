"""The command line that all rooms share."""

import io
import json
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

from suite.protocol.registry import Registered, Registry
from suite.running.cpu import keep_freed_memory
from suite.running.devices import refuse
from suite.running.errors import InputError, from_os

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "resource_exhausted")
"""Parts of JAX's and PyTorch's messages if the memory of a GPU or the machine is exhausted."""
INTERRUPTED = 130
"""Exit status of an interrupted command: 128 + SIGINT."""


def make_app(room: str, help: str, *registries: Registry[Any]) -> typer.Typer:
    """A command line with a `list` command for the entries of the room's registries."""
    app = typer.Typer(
        name=f"python -m {room}",
        help=help,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    if not registries:
        return app

    @app.command("list")
    def list_(
        as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    ) -> None:
        """Print every registered entry: name, title, summary and references."""
        found = [describe(e, r.summary_of(e.name)) for r in registries for e in r.entries.values()]
        if as_json:
            print(json.dumps(found, indent=2, default=str))
            return
        for entry in found:
            print("{name}: {title}\n    {summary}".format(**entry))
            for reference in entry["references"]:
                print("    {paper}, {place}: {link}".format(**reference))

    return app


def describe(entry: Registered, summary: str) -> dict[str, Any]:
    """An entry as JSON values: kind, name, title, summary, references, schema of its settings."""
    keys, settings = ("paper", "place", "link"), getattr(entry, "settings", None)
    return {
        "kind": entry.kind,
        "name": entry.name,
        "title": getattr(entry, "title", entry.name),
        "summary": summary,
        "references": [dict(zip(keys, one, strict=True)) for one in entry.references],
        **({"settings": settings.model_json_schema()} if settings else {}),
    }


def run(app: typer.Typer) -> NoReturn:
    """Run a command line. Bad input ends with one sentence and exit status 1.

    A usage error, such as an unknown option, ends with exit status 2.
    """
    speak_utf8()
    keep_freed_memory()
    # Without arguments: print the help, or run the command if there is only one.
    several = len(app.registered_commands) + len(app.registered_groups) > 1
    arguments = sys.argv[1:] or (["--help"] if several else [])
    sys.exit(_status(lambda: app(arguments, standalone_mode=False)))


def speak_utf8() -> None:
    """Use UTF-8 for file names in any locale, and print unsupported characters as `?`.

    Python decodes file names by the locale. Configurations are UTF-8, so in a Latin-1 locale Python
    would not find their paths. Only a new process can change this, so the process restarts itself.
    """
    if sys.getfilesystemencoding() != "utf-8":
        arguments = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _status(command: Callable[[], object]) -> int:
    try:
        status = command()
        # Click returns this status after an interruption, without a message.
        if status == INTERRUPTED:
            return _interrupted()
        return status if isinstance(status, int) else 0
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except InputError as error:
        return _say(str(error), 1)
    except MemoryError as error:
        return _say(f"out of memory ({error}): use a smaller n or batch", 1)
    except OSError as error:
        if error.errno is None:
            raise
        return _say(str(from_os(error)), 1)
    except Exception as error:
        if hasattr(error, "format_message"):  # click's usage errors
            said = error.format_message().replace("Value error, ", "")
            return _say(f"{said} (see --help)", 2)
        sentence = _of_framework(str(error))
        if sentence is None:
            raise
        return _say(sentence, 1)


def _interrupted() -> int:
    return _say("interrupted: run the same command again", INTERRUPTED)


def _of_framework(text: str) -> str | None:
    """One sentence for a JAX or PyTorch error about memory or the GPU; None for other errors."""
    first = text.strip().partition("\n")[0]
    if any(sign in text.lower() for sign in OUT_OF_MEMORY):
        return f"out of memory ({first}): use a smaller n or batch"
    if "Unable to initialize backend" in text:
        return str(refuse(f"JAX cannot use the GPU ({first})"))
    return None


def _say(sentence: str, status: int) -> int:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    return status
