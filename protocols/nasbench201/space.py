"""The cell of NAS-Bench-201: an operation on each of six edges, as a configuration or as the benchmark's text.

``Op1``..``Op6`` are the edges 1->2, 1->3, 1->4, 2->3, 2->4, 3->4; 0 skip-connect, 1 zero, 2 3x3 convolution, 3 1x1
convolution, 4 3x3 average pooling. The benchmark's text lists the incoming edges of each node, node by node:
``|a~0|+|b~0|c~1|+|d~0|e~1|f~2|`` has a on 1->2, b on 1->3, c on 2->3, d on 1->4, e on 2->4, f on 3->4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.benchmark.space import Categorical, Space
from harness.errors import SpaceError

EDGES = {"Op1": (1, 2), "Op2": (1, 3), "Op3": (1, 4), "Op4": (2, 3), "Op5": (2, 4), "Op6": (3, 4)}
OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""The benchmark's names of the operations; the place of a name is its code."""

SPACE = Space(tuple(Categorical(name, tuple(range(len(OPERATIONS)))) for name in EDGES))
FIDELITIES = Space((Categorical("epoch", (12, 200), ordered=True),))
FULL: dict[str, Any] = {"epoch": 200}

_WRITTEN = [(source, target) for target in (2, 3, 4) for source in range(1, target)]
"""The edges in the order of the benchmark's text."""
_NAMES = {edge: name for name, edge in EDGES.items()}
_FORM = re.compile("[+]".join(r"\|" + "".join(rf"([^|~+]+)~{k}\|" for k in range(n)) for n in (1, 2, 3)) + r"\Z")


def from_text(text: str) -> dict[str, int]:
    """The configuration of a cell given as the benchmark's text. SpaceError says what is wrong with the text."""
    found = _FORM.match(text)
    if found is None:
        raise SpaceError(f"{text!r:.120} is no cell; one is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|")
    unknown = [name for name in found.groups() if name not in OPERATIONS]
    if unknown:
        raise SpaceError(f"unknown operation {unknown[0]!r:.60} in {text!r:.120}; valid: {', '.join(OPERATIONS)}")
    codes = {_NAMES[edge]: OPERATIONS.index(name) for edge, name in zip(_WRITTEN, found.groups(), strict=True)}
    return {name: codes[name] for name in EDGES}


def to_text(configuration: Mapping[str, Any]) -> str:
    """The benchmark's text of a configuration."""
    nodes = [[f"{OPERATIONS[configuration[_NAMES[s, t]]]}~{s - 1}|" for s, t in _WRITTEN if t == node]
             for node in (2, 3, 4)]  # fmt: skip
    return "+".join("|" + "".join(parts) for parts in nodes)
