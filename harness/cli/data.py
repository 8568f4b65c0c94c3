"""``harness data``: surrogate sets on disk."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.common import note, say
from harness.cli.transfer import Transfer
from harness.errors import SurrogateError, UnknownName, UsageError

if TYPE_CHECKING:
    from harness.sources.obtain.official import Official

PARTIAL = "Accept tasks that lack some metrics. They answer queries, but a run needs every metric."


@click.group("data")
def command() -> None:
    """Show, import, fetch and verify surrogate sets and tables."""


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest.")
def show(name: str, as_json: bool) -> None:
    """Show the card of a set: how its metrics were made."""
    from harness.cli.card import print_card
    from harness.registry import load_surrogates

    loaded = load_surrogates(name)
    if as_json:
        say(json.dumps(loaded.manifest, indent=1))
    else:
        print_card(loaded)


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--name", help="Name of the set.  [default: the name of the folder]")
@click.option("--task", help="The task of an early surrogate, whose folder does not name it.")
@click.option("--partial", is_flag=True, help=PARTIAL)
@click.option("--replace", is_flag=True, help="Replace the set that has this name.")
def import_(path: Path, name: str | None, task: str | None, partial: bool, replace: bool) -> None:
    """Import surrogates or a table of trainings. Nothing is executed, except a suite module of your own.

    PATH of surrogates: a folder with assembled_surrogates/<task>/<metric>/{params,label_headers,model}.pkl.gz in it, a
    folder with these three files (an early surrogate), or a tar archive.

    PATH of a table: a file that a suite of the harness knows (nasbench201.parquet, nasbench_full.tfrecord), or a suite
    of your own, either its declaration (a TOML file beside its table) or its module (a .py file).
    """
    from harness import registry
    from harness.cli.card import print_card
    from harness.sources.obtain.importing import default_name, import_surrogates
    from harness.suites.readers import import_table, is_table

    if is_table(path, registry.publications()):
        if task is not None or partial:
            raise UsageError("--task and --partial are for surrogates; a table has its tasks, and is imported as it is")
        folder = import_table(path, registry.publications(), registry.taken_names(), name, replacing=replace)
        table = registry.load_surrogates(folder)
        print_card(table)
        suite = table.manifest["suite"]
        say(f"Use it with: --suite {suite}" + f" --surrogates {table.name}" * (suite != table.name))
        return
    loaded = import_surrogates(
        path, name or default_name(path), _official(), task=task, partial=partial, replacing=replace, on_note=note
    )
    print_card(loaded)
    say(f"Use it with: --surrogates {loaded.name}")


@command.command("fetch")
@click.argument("name")
@click.option(
    "--url", help="Another address of the archive (also: environment variable HARNESS_JAHS_URL and the like)."
)
@click.option("--sha256", help="The SHA-256 that the archive must have.")
@click.option("--accept-new", is_flag=True, help="Accept an archive that differs from the one recorded on first use.")
@click.option("--keep-archive/--delete-archive", "keep", default=True, show_default=True,
              help="Keep the downloaded archive after the import.")  # fmt: skip
@click.option("--partial", is_flag=True, help=PARTIAL)
@click.option("--replace", is_flag=True, help="Import the set again if it is here already.")
def fetch(
    name: str, url: str | None, sha256: str | None, accept_new: bool, keep: bool, partial: bool, replace: bool
) -> None:
    """Download and import official surrogates or a table of trainings.

    NAME is jahs-1.1.0, nasbench101 or nasbench101-only108. The same command goes on with a download that was
    interrupted.
    """
    from harness import registry
    from harness.cli.card import print_card
    from harness.registry import load_surrogates
    from harness.sources.obtain.fetch import discard, fetched
    from harness.sources.obtain.importing import import_surrogates
    from harness.sources.shelf import new_path
    from harness.suites.readers import import_table

    archives = registry.archives()
    if name not in archives:
        raise UnknownName("archive", name, archives)
    archive = archives[name]
    if archive.single and partial:
        raise UsageError("--partial is for surrogates; a table is imported as it is")
    path = new_path(name, replacing=True)
    if path.exists() and not replace:
        try:
            there = load_surrogates(path)
        except SurrogateError as error:
            note(f"{error}; fetching it again")
        else:
            say(f"{name} is there already ({there.hash[:12]}); --replace fetches it again")
            if not keep:
                _freed(discard(archive))
            return
    try:
        with Transfer() as transfer:
            source = fetched(
                archive, url=url, sha256=sha256, accept_new=accept_new, on_bytes=transfer.update, on_note=note
            )
            with source as folder:
                transfer.stop()
                at = archive.address(url)
                if archive.single:
                    import_table(
                        folder, registry.publications(), registry.taken_names(), name, replacing=True, origin=at
                    )
                else:
                    import_surrogates(folder, name, _official(), partial=partial, replacing=True, origin=at)
    except KeyboardInterrupt:
        note("interrupted; what arrived is kept, the same command goes on from there")
        raise click.exceptions.Exit(130) from None
    print_card(load_surrogates(path))
    if keep:
        say(f"The archive is kept: {archive.file} (delete it: harness data remove {name} --archive)")
    else:
        _freed(discard(archive))
    say(f"Use it with: --surrogates {name}")


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per set and archive.")
def status(as_json: bool) -> int:
    """List sets and archives with their sizes."""
    from harness.cli.card import print_status

    return print_status(as_json)


@command.command("remove")
@click.argument("name")
@click.option("--archive", "only_archive", is_flag=True, help="Remove the downloaded archive, not the set.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, only_archive: bool, yes: bool) -> None:
    """Delete an imported set, or its archive."""
    from harness import registry
    from harness.sources import shelf
    from harness.sources.obtain.fetch import discard

    if only_archive and name not in registry.archives():
        raise UnknownName("archive", name, registry.archives())
    if not only_archive and shelf.entry(name).embedded:
        raise UsageError(f"{name!r} is embedded in the harness and cannot be removed; only imported sets can")
    what = f"the archive of {name}" if only_archive else f"the surrogate set {name} ({shelf.entry(name).path})"
    if not yes and sys.stdin.isatty() and not click.confirm(f"Delete {what}?"):
        say("Nothing was deleted.")
    elif only_archive:
        _freed(discard(registry.archives()[name]))
    else:
        shelf.remove(name)
        say(f"Deleted {what}.")


@command.command("verify")
@click.argument("name", required=False)
def verify(name: str | None) -> int:
    """Compare every file of the set NAME, or of all sets, with its hash.

    The exit code is 1 if a file is damaged.
    """
    from harness.sources import shelf
    from harness.sources.open import damages

    code = 0
    for found in [shelf.entry(name)] if name else shelf.entries().values():
        damaged = list(damages(found))
        say(f"{found.name}: {'intact' if not damaged else f'{len(damaged)} damaged'}")
        for sentence in damaged:
            note(sentence)
            code = 1
    return code


def _official() -> Official:
    """The description of the official surrogates that can be imported, which the default suite has."""
    from harness import registry

    official = registry.publication().official
    if official is None:
        raise UsageError("no suite has surrogates that can be imported; import a table of trainings")
    return official


def _freed(size: int) -> None:
    say(f"Deleted the archive ({size / 1e6:,.1f} MB)." if size else "There is no archive to delete.")
