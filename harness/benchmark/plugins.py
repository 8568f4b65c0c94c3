"""Methods of installed packages, by their entry points: ``pip install my-optimizer`` makes ``my-optimizer`` a method.

A package declares them in its ``pyproject.toml``::

    [project.entry-points."jahs_harness.methods"]
    my-optimizer = "my_optimizer:Optimizer"

Reading them imports nothing of the package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.base.naming import is_name
from harness.benchmark.methods import MethodEntry
from harness.errors import UsageError

GROUP = "jahs_harness.methods"


@dataclass(frozen=True)
class Plugin:
    """A method that an installed distribution declares. ``value``: its class, as ``package.module:ClassName``."""

    name: str
    value: str
    distribution: str
    version: str

    def named(self, entry: MethodEntry) -> MethodEntry:
        """The entry of its class under its name; its record has the version of the distribution."""
        kind = entry.named.partition(",")[0]
        return replace(entry, name=self.name, named=f"{kind}, entry point", libraries=(self.distribution,))


def plugins() -> dict[str, Plugin]:
    """The methods of installed distributions, by name. One under a name that cannot be a method's is left out, and of
    two under one name the second.
    """
    return {name: found[0] for name, found in _declared().items()}


def plugin(name: str) -> Plugin | None:
    """The method that an installed distribution declares under a name. UsageError if two do."""
    found = _declared().get(name, [])
    if len(found) > 1:
        both = " and ".join(each.distribution for each in found)
        raise UsageError(f"{both} both declare a method {name}; uninstall one")
    return found[0] if found else None


def _declared() -> dict[str, list[Plugin]]:
    from importlib import metadata  # slow to import, and most commands name no such method

    found: dict[str, list[Plugin]] = {}
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if is_name(point.name) and point.dist is not None:
            made = Plugin(point.name, point.value.partition("[")[0].strip(), point.dist.name, point.dist.version)
            if made not in found.setdefault(made.name, []):
                found[made.name].append(made)
    return found
