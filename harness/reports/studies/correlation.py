"""Kendall's tau between the metrics of a task, and the order in which a clustering puts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.scores.metrics import Floats


@dataclass(frozen=True)
class Clustered:
    """A correlation matrix in the order of a clustering.

    ``matrix``: shape (names, names), in the order of ``names``; ``branches``: the links of the dendrogram, each of four
    heights and four positions; ``groups``: the names in the two largest clusters.
    """

    names: tuple[str, ...]
    matrix: Floats
    branches: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    groups: tuple[tuple[str, ...], ...]


def clustered(columns: Mapping[str, NDArray[Any]]) -> Clustered:
    """Kendall's tau-b between all columns (of equal length, two or more), rows ordered by average linkage of their
    Euclidean distance, as a clustered heat map does by default.
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import pdist
    from scipy.stats import kendalltau

    names = list(columns)
    matrix = np.eye(len(names))
    for i in range(len(names)):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = float(kendalltau(columns[names[i]], columns[names[j]])[0])
    known = np.nan_to_num(matrix)  # a constant metric correlates with nothing
    links = hierarchy.linkage(pdist(known), method="average")
    drawn = hierarchy.dendrogram(links, no_plot=True)
    order: Sequence[int] = drawn["leaves"]
    branches = tuple(
        (tuple(map(float, heights)), tuple((float(at) - 5.0) / 10.0 for at in positions))
        for heights, positions in zip(drawn["dcoord"], drawn["icoord"], strict=True)
    )
    cut = hierarchy.fcluster(links, 2, criterion="maxclust")
    groups = [tuple(names[i] for i in order if cut[i] == k) for k in dict.fromkeys(cut[i] for i in order)]
    return Clustered(tuple(names[i] for i in order), matrix[np.ix_(order, order)], branches, tuple(groups))
