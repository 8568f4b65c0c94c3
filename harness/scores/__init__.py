"""How the evaluations of a run become a number over time, and each score computed a second time for verification."""
