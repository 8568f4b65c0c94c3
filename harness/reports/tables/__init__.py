"""The leaderboards as tables: from records to entries, from entries to ranks, from both to Markdown and CSV.

An entry is one record (of a leaderboard, surrogate set and method label), of the baselines or of a submission. The
tables depend on the files alone. Start reading at ``harness.reports.tables.render``.
"""
