"""``harness data``: surrogate sets on disk."""

from __future__ import annotations

import json

import click


@click.group("data")
def command() -> None:
    """Show, import, fetch and verify surrogate sets."""


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest.")
def show(name: str, as_json: bool) -> None:
    """The card of a set: where each metric comes from and what error was measured."""
    from rich.console import Console
    from rich.table import Table

    from harness.surrogates import load_surrogates

    loaded = load_surrogates(name)
    if as_json:
        click.echo(json.dumps(loaded.manifest, indent=1))
        return
    console = Console(highlight=False)
    console.print(f"[bold]{loaded.name}[/bold]  {loaded.hash}")
    for key, value in loaded.manifest["about"].items():
        console.print(f"{key}: {value}", soft_wrap=True, markup=False)
    for task in loaded.tasks:
        constants = ", ".join(f"{k} = {v:,.6g}" for k, v in loaded.constants(task).items())
        table = Table("metric", "kind", "Kendall's τ", "R²", "measured on, how made", title=f"{task}  ({constants})",
                      title_justify="left", title_style="bold")  # fmt: skip
        for metric in loaded.metrics(task):
            card = loaded.card(task, metric)
            numbers = [f"{card[k]:.3f}" if isinstance(card.get(k), float) else "-" for k in ("tau", "r2")]
            table.add_row(metric, str(card.get("kind", "-")), *numbers, str(card.get("note", "")))
        console.print(table)
