"""``harness query``: one prediction."""

from __future__ import annotations

import json
from typing import Any

import click

from harness.base.escape import shown
from harness.cli.common import say
from harness.errors import UnknownName, UsageError


@click.command("query")
@click.option("--task", required=True, help="A task of the suite, such as cifar10 (see: harness list tasks).")
@click.option("--config", required=True, metavar="JSON", help="A configuration, as a JSON object.")
@click.option(
    "--fidelity",
    metavar="JSON",
    help="Fidelities, such as epoch, as a JSON object; an axis that is left out has its full value.",
)
@click.option("--surrogates", help="A source.  [default: the suite's own]")
@click.option("--suite", "suite_name", default="", help="See: harness list suites.  [default: jahs]")
def command(task: str, config: str, fidelity: str | None, surrogates: str | None, suite_name: str) -> None:
    """Predict every metric of one configuration, printed as a JSON object. A table answers with the means over its
    trials.
    """
    from harness import registry
    from harness.benchmark.rows import check_columns
    from harness.registry import load_surrogates

    suite = registry.suite(suite_name)
    if task not in suite.tasks:
        raise UnknownName("task", task, suite.tasks)
    board = next(board for board in suite.leaderboards.values() if board.task == task)
    given = _object("--config", config)
    # A configuration that was copied from a record or a paper may include a fidelity.
    own = {name: given.pop(name) for name in board.fidelities if name in given}
    asked = _object("--fidelity", fidelity or "{}")
    for name in own.keys() & asked.keys():
        if own[name] != asked[name]:
            raise UsageError(f"--config has {name} = {own[name]!r} and --fidelity {asked[name]!r}; give it once")
    check_columns(given, [*board.space, *board.fidelities], board.space.constants)
    check_columns(asked, list(board.fidelities), ())
    configuration = board.space.check(given)
    chosen = board.fidelities.check({**board.full, **own, **asked})
    loaded = load_surrogates(surrogates or registry.default_surrogates(suite_name, task))
    metrics = [m for m in board.metrics if m in loaded.metrics(task)]
    say(json.dumps(loaded.query(task, {**configuration, **chosen}, metrics)))


def _object(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _once(option, pairs))
    except RecursionError:
        raise UsageError(f'{option} is nested too deeply; give an object such as {{"LearningRate": 0.1}}') from None
    except ValueError as error:
        raise UsageError(f'{option} is not JSON ({error}); give an object such as {{"LearningRate": 0.1}}') from None
    if not isinstance(value, dict):
        raise UsageError(f'{option} must be a JSON object such as {{"LearningRate": 0.1}}, not {shown(value)}')
    return value


def _once(option: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{option} has {shown(twice, 80)} twice; give it once")
    return found
