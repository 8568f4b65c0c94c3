"""Sources that are tables of trainings: the keys of entries, the lookup, and the making of a table."""
