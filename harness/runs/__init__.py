"""Runs: one method on one leaderboard with one seed, on the simulated clock, and the record it leaves."""
