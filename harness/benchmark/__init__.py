"""The vocabulary of a benchmark: spaces, methods, leaderboards, suites, and sources of numbers."""
