"""A small suite of a table, as a user would declare one: networks of a width, a depth and an activation.

Not every combination has an entry: deep networks of tanh are invalid but for the narrow ones. The third training of an
entry is missing for about half.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DECLARATION = """
name = "toynets"
title = "Toy networks"
table = "toynets.parquet"
also = ["parameters"]
parameters.width = [8, 16, 32]
parameters.depth = []
parameters.act = ["relu", "tanh"]
fidelity = { column = "epochs", continues = true }
trials = { column = "repeat" }
task = { name = "toy" }
objective = { metric = "valid", maximize = true, test = "test" }
price = { metric = "seconds" }
budget = { evaluations = 12, seeds = 3 }
"""
EPOCHS = (1, 3, 9)


def is_valid(width: int, depth: int, act: str) -> bool:
    """Whether the table has an entry."""
    return not (depth == 4 and act == "tanh" and width != 8)


def rows() -> pd.DataFrame:
    """A row per training."""
    rng = np.random.default_rng(2019)
    made = []
    for width in (8, 16, 32):
        for depth in (1, 2, 3, 4):
            for act in ("relu", "tanh"):
                for epochs in EPOCHS if is_valid(width, depth, act) else ():
                    for repeat in range(2 + int(rng.integers(2))):
                        quality = 50 + 10 * np.log2(width) / depth + 5 * np.log(epochs) - 3 * (act == "tanh")
                        valid, test = quality + rng.normal(0, 1, 2)
                        made.append(
                            (width, depth, act, epochs, repeat, valid, test, 2.0 * epochs * width, width * depth)
                        )
    names = ["width", "depth", "act", "epochs", "repeat", "valid", "test", "seconds", "parameters"]
    frame: pd.DataFrame = pd.DataFrame(made, columns=names)
    return frame


def write(folder: Path, frame: pd.DataFrame | None = None, declaration: str = DECLARATION) -> Path:
    """The declaration and its table in a folder; returns the former."""
    folder.mkdir(parents=True, exist_ok=True)
    (rows() if frame is None else frame).to_parquet(folder / "toynets.parquet")
    file = folder / "toynets.toml"
    file.write_text(declaration, encoding="utf-8")
    return file
