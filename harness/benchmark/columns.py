"""The columns that every record has, on every benchmark."""

from __future__ import annotations

LEDGER_COLUMNS = ("price", "credit", "charge", "repaired", "worker", "start", "end", "counted", "method_seconds")
"""The accounting of an evaluation. Times are simulated seconds; ``method_seconds`` are real seconds in the method."""

REPEAT = "repeat"
"""The metric of a table that is the number of the drawn trial, from 0."""

RESERVED = frozenset({"seed", "trial", REPEAT, *LEDGER_COLUMNS})
"""Columns of every record. No parameter or metric may have such a name."""
