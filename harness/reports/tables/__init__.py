"""The leaderboards as tables: from records to entries, from entries to ranks, from both to Markdown and CSV.

An entry is one record (leaderboard, surrogate set, method label), of the baselines or of a submission. Everything here
is a pure function of files; ``harness.reports.tables.render`` is the way in.
"""
