"""The paper's own values, each with its table (Bansal et al., "JAHS-Bench-201", NeurIPS 2022)."""

from __future__ import annotations

TABLE_4: dict[str, dict[str, tuple[float, float]]] = {
    "cifar10": {
        "FLOPS": (0.994, 0.997), "latency": (0.944, 0.690), "runtime": (0.954, 0.907), "size_MB": (0.970, 0.998),
        "test-acc": (0.892, 0.953), "train-acc": (0.913, 0.967), "valid-acc": (0.890, 0.953),
    },
    "colorectal_histology": {
        "FLOPS": (0.836, 0.609), "latency": (0.785, 0.567), "runtime": (0.725, 0.556), "size_MB": (0.992, 1.000),
        "test-acc": (0.691, 0.772), "train-acc": (0.761, 0.799), "valid-acc": (0.682, 0.766),
    },
    "fashion_mnist": {
        "FLOPS": (0.997, 0.999), "latency": (0.977, 0.977), "runtime": (0.983, 0.992), "size_MB": (0.994, 0.999),
        "test-acc": (0.907, 0.953), "train-acc": (0.977, 0.986), "valid-acc": (0.922, 0.957),
    },
}  # fmt: skip
"""Kendall's tau and R2 of the official surrogates on their own test split (paper, Table 4)."""

TABLE_5 = {
    "cifar10": (2.8, 5.0),
    "colorectal_histology": (2.9, 0.4),
    "fashion_mnist": (2.7, 2.5),
}
"""A run of random search: CPU seconds on surrogates, GPU days with training; means over 100 seeds (paper, Table 5)."""

TABLE_8 = {"cifar10": 2.0, "colorectal_histology": 0.2, "fashion_mnist": 2.2}
"""Mean predicted runtime of a full evaluation over 10^4 random configurations, in CPU days (paper, Table 8)."""

TABLE_9 = {
    "cifar10": {"hpo": 54.7, "nas": 33.7},
    "colorectal_histology": {"hpo": 75.2, "nas": 20.1},
    "fashion_mnist": {"hpo": 8.5, "nas": 34.6},
    "": {"hpo": 32.7, "nas": 28.6},
}
"""Task (empty: geometric mean) -> space -> speedup of random search on the joint space (paper, Table 9)."""

TABLE_10 = {
    "cifar10": {"hpo": 48.6, "nas": 33.7},
    "colorectal_histology": {"hpo": 64.1, "nas": 15.7},
    "fashion_mnist": {"hpo": 2.5, "nas": 20.2},
    "": {"hpo": 19.8, "nas": 22.0},
}
"""The same as ``TABLE_9`` for Bayesian optimization (paper, Table 10)."""

PUBLIC_ERROR = {
    "cifar10": {"random": (9.32, 0.16), "hyperband": (9.22, 0.14), "diagonal": (9.10, 0.14)},
    "colorectal_histology": {"random": (5.24, 0.08), "hyperband": (4.73, 0.04), "diagonal": (5.09, 0.07)},
    "fashion_mnist": {"random": (4.91, 0.05), "hyperband": (4.87, 0.03), "diagonal": (4.82, 0.02)},
}
"""Final validation error (%), mean and standard error, with evaluations at every fidelity counted. It is 100 minus the
mean best accuracy on the benchmark's public leaderboards (https://github.com/automl/jahs_bench_201). The paper shows
these runs only as figures.
"""
