"""Published figures a fit is measured against or calibrated to, each with its source."""

from __future__ import annotations

MEAN_RUNTIME = {"cifar10": 175_571.0, "colorectal_histology": 18_336.0, "fashion_mnist": 193_248.0}
"""Mean seconds of a full evaluation over 10^4 random configurations (the benchmark's protocol; paper, Table 8)."""

BEST_ACCURACY = {
    "cifar10": {"random": 90.68, "hyperband": 90.78, "diagonal": 90.90},
    "colorectal_histology": {"random": 94.76, "hyperband": 95.27, "diagonal": 94.91},
    "fashion_mnist": {"random": 95.09, "hyperband": 95.13, "diagonal": 95.18},
}
"""Mean best valid-acc after about 100 full evaluations (the benchmark's public leaderboards)."""

COLORECTAL_SEARCH = ((1.8, 8.77), (4.6, 6.75), (100.0, 5.24))
"""(full evaluations, mean validation error) of random search on Colorectal-Histology (paper, Section 4)."""

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
