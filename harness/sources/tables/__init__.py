"""Sources that are tables of trainings: keys, lookup, and how a table is checked and written."""
