"""``harness list``: the suites, tasks, leaderboards, methods, presets and surrogate sets that can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from harness.cli.common import note, say
from harness.errors import SurrogateError, UnknownName, UsageError

KINDS = ("suites", "protocols", "tasks", "leaderboards", "methods", "presets", "surrogates")


@click.command("list")
@click.argument("kind", required=False)
@click.option(
    "--settings", "of", metavar="NAME", help="Show the settings of this method, each with its type and default."
)
@click.option(
    "--suite",
    default="",
    metavar="NAME",
    help="List only the things that belong to this suite, or can be used on it.  [default: the first suite for tasks "
    "and leaderboards, all suites for the rest]",
)
def command(kind: str | None, of: str | None, suite: str) -> int:
    """List suites, protocols, tasks, leaderboards, methods, presets or surrogates (default: all of them).

    Methods whose library is not installed are marked, with the command that installs it. With --suite, methods are
    those that can run on one of its leaderboards, and surrogates those that have its tasks.

    Exit code 1 if a surrogate set is damaged.
    """
    from harness import registry
    from harness.registry import load_surrogates
    from harness.runs.pairing import runs_somewhere, serves
    from harness.sources.open import visible_damage
    from harness.sources.shelf import entries

    if kind is not None and kind not in KINDS:
        raise UnknownName("list", kind, KINDS)
    if of is not None:
        if kind != "methods":
            raise UsageError(f"--settings is for methods; use: harness list methods --settings {of}")
        for left, right in _settings(registry.method(of)):
            say(f"{left}  {right}")
        return 0
    chosen = registry.suite(suite)
    damaged: list[str] = []
    for name in KINDS if kind is None else (kind,):
        if kind is None:
            say(name, bold=True)
        rows: list[tuple[str, str]] = []
        if name == "suites":
            rows = [(one, registry.suite(one).line) for one in registry.suites()]
        elif name == "protocols":
            rows = [
                (rules.name, f"{rules.summary} [{one}]")
                for one in ([suite] if suite else registry.suites())
                for rules in registry.suite(one).protocols.values()
            ]
        elif name == "tasks":
            rows = [(task, _task(facts)) for task, facts in chosen.tasks.items()]
        elif name == "leaderboards":
            rows = [
                (board.id, f"{board.score.label}; default method {registry.default_method(board)}")
                for board in chosen.leaderboards.values()
            ]
        elif name == "methods":
            rows = [
                (entry.name, f"{entry.summary} [{', '.join(entry.capabilities.settings)}]{_mark(entry)}")
                for entry in registry.methods().values()
                if not suite or runs_somewhere(entry, chosen)
            ]
            rows += [
                (name, f"{found.value} of {found.distribution} {found.version}")
                for name, found in registry.declared_methods().items()
            ]
        elif name == "presets":
            rows = [
                (preset, f"{method}: {', '.join(f'{key}={value}' for key, value in settings.items())} [{one}]")
                for one in ([suite] if suite else registry.suites())
                for preset, methods in registry.presets(one).items()
                for method, settings in methods.items()
            ]
        else:
            for set_name, entry in entries().items():
                try:
                    loaded = load_surrogates(entry.path)
                    if suite and not serves(loaded, chosen):
                        continue
                    if damage := visible_damage(entry):
                        raise SurrogateError(damage)
                    rows.append((set_name, f"{loaded.hash[:12]}  {', '.join(loaded.tasks)}"))
                except SurrogateError as error:
                    rows.append((set_name, f"damaged: {error}"))
                    damaged.append(set_name)
        width = max((len(left) for left, _ in rows), default=0)
        for left, right in rows:
            say(f"{'  ' if kind is None else ''}{left:<{width}}  {right}")
    if damaged:
        note(f"damaged: {', '.join(damaged)}; import again or delete with: harness data remove")
    return 1 if damaged else 0


def _mark(entry: Any) -> str:
    """The remark on a method whose library is not installed; "" if it can run."""
    from harness.base.libraries import installation

    return f"; {entry.missing} is not installed: {installation(entry.extra, entry.alone)}" if entry.missing else ""


def _settings(entry: Any) -> list[tuple[str, str]]:
    """The settings of a method, aligned: name, then type and default."""
    from harness.benchmark.settings import settings_of, takes_any

    entry.require()
    made = entry.load()
    rows = []
    for setting in settings_of(made).values():
        default = entry.preset.get(setting.name, setting.default)
        rows.append((setting.name, setting.kinds, "required" if setting.required else f"default {default!r}"))
    if takes_any(made):
        rows.append(("...", "any", "further settings of any name"))
    if not rows:
        return [(entry.name, "has no settings")]
    widths = [max(len(row[at]) for row in rows) for at in range(2)]
    return [(f"{name:<{widths[0]}}", f"{kinds:<{widths[1]}}  {default}") for name, kinds, default in rows]


def _task(facts: Mapping[str, Any]) -> str:
    classes = facts.get("classes")
    return str(facts["title"]) if classes is None else f"{facts['title']}, {classes} classes"
