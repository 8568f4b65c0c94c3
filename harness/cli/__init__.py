"""The command line.

Each command has a module of its own, which is imported when the command is called. At its top such a module imports
only modules that load fast. Modules that need NumPy, Arrow, matplotlib or rich are imported in the function that runs
the command. So ``--help`` of every command answers at once.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

import click

from harness.base.ending import end_in_time
from harness.base.path import leave_current_folder
from harness.cli.common import say, told
from harness.errors import HarnessError, SlowPathWarning, UnknownName

COMMANDS = {
    "run": ("harness.cli.run", "Run methods on leaderboards and print their scores."),
    "status": ("harness.cli.status", "Count the done, running, failed and missing runs of a results folder."),
    "list": ("harness.cli.listing", "List tasks, leaderboards, methods or surrogate sets."),
    "query": ("harness.cli.query", "Predict the metrics of one configuration."),
    "submit": ("harness.cli.submit", "Check and bundle records for the leaderboards."),
    "plot": ("harness.cli.plot", "Draw trajectories and statistics of a results folder."),
    "study": ("harness.cli.study", "Repeat an experiment of a paper: figures, tables and text."),
    "site": ("harness.cli.site", "Write a static site of a results folder."),
    "leaderboard": ("harness.cli.leaderboard", "Run the baselines and render the leaderboards."),
    "verify": ("harness.cli.verify", "Replay records with a second implementation of the rules."),
    "check": ("harness.cli.check", "Check a method against the conformance suite."),
    "fit": ("harness.cli.fit", "Fit the embedded surrogate set from reference data."),
    "data": ("harness.cli.data", "Show, import, fetch and verify surrogate sets."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names without importing them, and suggests the nearest name for a wrong one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every command, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """The command, from its module, which is imported now."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name][0]).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As in click, but an unknown command raises UnknownName, which suggests the nearest name."""
        if args[0] not in COMMANDS:
            raise UnknownName("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.version_option(package_name="jahs-harness", prog_name="harness")
def group(debug: bool) -> None:  # main() reads --debug
    """Benchmark optimizers on JAHS-Bench-201.

    Try: harness run --task cifar10 --setting mf
    """


def main(argv: list[str] | None = None) -> None:
    """Runs the command line; exit codes: 0 done, 1 done in part or a damaged file, 2 wrong usage, 130 interrupted."""
    leave_current_folder()
    argv = sys.argv[1:] if argv is None else argv
    debug = "--debug" in argv
    # --debug may stand anywhere, because people add it to the end of the command that failed.
    argv = [a for a in argv if a != "--debug"]
    try:
        with _terminated_like_interrupted(), _slow_path_in_one_line():
            words = ["--debug", *argv] if debug else argv
            code = group.main(words, prog_name="harness", standalone_mode=False, obj=["harness", *argv])
    except click.exceptions.Exit as error:
        code = error.exit_code
    except HarnessError as error:
        code = fail(str(error), error.exit_code, debug)
    except click.UsageError as error:
        code = fail(_usage(error), 2, debug)
    except click.ClickException as error:
        code = fail(error.format_message(), error.exit_code, debug)
    except (click.Abort, KeyboardInterrupt) as error:
        message = str(error) or str(error.__cause__ or "")  # click raises its Abort from the interrupt
        code = fail(message or _interrupted(argv), 130, False)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:
        code = fail(f"internal error: {type(error).__name__}: {error} (run with --debug for the traceback)", 1, debug)
    code = code if isinstance(code, int) else 0
    end_in_time(code)
    sys.exit(code)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Treats SIGTERM, which batch systems send, like Ctrl-C: stops the workers and says how to go on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _slow_path_in_one_line() -> Iterator[None]:
    """Shows a SlowPathWarning as one line on standard error, like other notes, without its place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SlowPathWarning)
        show = warnings.showwarning

        def show_line(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, SlowPathWarning):
                say(f"harness: {message}", err=True)
            else:
                show(message, category, *place, **more)

        warnings.showwarning = show_line
        yield


def _interrupted(argv: list[str]) -> str:
    if argv[:1] in (["run"], ["study"], ["leaderboard"]):
        return "interrupted; finished seeds are kept, the same command goes on from there"
    return "interrupted; no file is half-written, and the same command starts from the beginning"


def _usage(error: click.UsageError) -> str:
    text = error.format_message().replace("\n", " ").rstrip(".")
    return f"{text}; see: {error.ctx.command_path if error.ctx else 'harness'} --help"


def fail(message: str, code: int, debug: bool) -> int:
    """Prints an error in one line and returns the exit code."""
    if debug:
        say(traceback.format_exc(), err=True)
    say(f"harness: {told(message)}", err=True)
    return code
