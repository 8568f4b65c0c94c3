"""Policy: the suites that ship, each a ``harness.benchmark.suite.Suite`` made of data and small pure functions.

``SUITES`` names them; a suite's package has its space, leaderboards, scores and protocols, what its authors published
(``published``), and its studies. The rules that entries are made under are in ``README.md`` beside this file.
"""

from __future__ import annotations

SUITES = {
    "jahs": "protocols.jahs:SUITE",
    "nasbench101": "protocols.nasbench101:SUITE",
    "nasbench201": "protocols.nasbench201:SUITE",
    "nasbench360": "protocols.nasbench360:SUITE",
}
"""Name -> where the suite is, the default one first. Ids of leaderboards start with the name, except for the first."""
