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
