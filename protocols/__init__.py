"""Policy: what each leaderboard allows, charges and scores, as data plus small pure functions.

``SUITES`` maps a suite's name to the module that describes it; a suite module has

- ``LEADERBOARDS``: dict of leaderboard id -> ``harness.benchmark.leaderboard.Leaderboard``, those with tables and
  entries,
- ``PROTOCOLS``: dict of name -> ``harness.benchmark.leaderboard.Protocol``, the one of ``LEADERBOARDS`` first,
- ``TASKS``: dict of task -> facts, its ``title`` at least,
- ``rescore(board, columns, constants, times)``: the score computed a second time, for verification,
- ``DERIVED_SPACES``: names of derived spaces -> the parameters each fixes at random per seed,
- ``PRESETS``, where there are some: dict of name -> method -> settings, as ``harness run --set`` has them,
- ``STUDIES``: dict of name -> ``harness.reports.studies.Study``,
- ``DEFAULT_SURROGATES``: the surrogate set used when none is named, empty if it has none,
- ``RULES``: the version of the rules its entries are made under (``README.md`` beside this file),
- ``table_keys(task)``, where its set is a table and configurations are not numbered by their levels: which entry they
  are (``harness.sources.tables.table.Keys``),

and beside it a module ``published`` with ``ARCHIVES`` and ``IMPORTS``, what its sets are fetched or imported from, and,
for tables, ``recognise(path)``, the name of the set that a file makes, and ``read_plan(path)``, its contents.

A suite on which nothing is run, a study of published results for example, leaves ``LEADERBOARDS``, ``PROTOCOLS`` and
``DERIVED_SPACES`` empty and has neither ``rescore`` nor ``RULES``.
"""

from __future__ import annotations

SUITES = {
    "jahs": "protocols.jahs",
    "nasbench101": "protocols.nasbench101",
    "nasbench201": "protocols.nasbench201",
    "nasbench360": "protocols.nasbench360",
}
"""Name -> importable module. Ids of leaderboards begin with the suite's name but for the first suite's."""
