"""Suites whose answers are looked up in a table of trainings that were really made, instead of predicted by surrogates.

Terms
-----
entry     a configuration of the table, under its *key*: an integer that the configuration determines.
trial     one of the repeated trainings of an entry at one fidelity; a query draws one of them at random.
invalid   a configuration without an entry: no network can be trained of it.
report    the metric of which the score is made and which is never told to a method: the mean over an entry's trials.

``tables`` looks up, ``making`` checks and writes, ``regret`` and ``rescoring`` score, ``boards`` makes leaderboards;
``declaration``, ``trainings`` and ``declared`` turn a user's parquet and TOML into a suite.
"""
