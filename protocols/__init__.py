"""Policy: the suites that ship, each a ``harness.benchmark.suite.Suite`` made of data and small pure functions.

``SUITES`` names them. The package of a suite has its space, leaderboards, scores and protocols, its authors' archives
and figures (``published``), and its studies. The rules for entries are in ``README.md`` beside this file.
"""

from __future__ import annotations

SUITES = {
    "jahs": "protocols.jahs:SUITE",
    "nasbench101": "protocols.nasbench101:SUITE",
    "nasbench201": "protocols.nasbench201:SUITE",
    "nasbench360": "protocols.nasbench360:SUITE",
}
"""Name -> module and name of the suite. The first suite is the default one. The ids of leaderboards start with the name
of the suite, except for the first suite.
"""
