"""Columns of a run's ledger that every record has, whatever is benchmarked."""

from __future__ import annotations

LEDGER_COLUMNS = ("price", "credit", "charge", "repaired", "worker", "start", "end", "counted", "method_seconds")
"""The accounting of an evaluation: simulated seconds, but for the last column (real seconds inside the method)."""

REPEAT = "repeat"
"""The metric of a table that says which trial of an entry was drawn, from 0."""

RESERVED = frozenset({"seed", "trial", REPEAT, *LEDGER_COLUMNS})
"""Columns that a record has anyway, so that no parameter or metric may have their names."""
