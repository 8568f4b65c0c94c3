"""Made the artefacts in this folder: tiny pipelines of the official surrogates' shape, on made-up numbers.

Run once with Python 3.8 and ``scikit-learn==1.0.2 pandas==1.3.5 numpy<1.22 ConfigSpace==0.4.21`` for each version of
XGBoost: 1.5.2 (JSON boosters), 1.2.1 (binary), 1.6.2 (UBJSON). It makes the artefacts that belong to the version it
finds. The package's two transform functions are stood in for by functions of the same name.
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder

HERE = Path(__file__).parent
MODULE = "jahs_bench.surrogate.utils"
CATEGORICAL = ["Activation", "Op1", "Op2", "Op3", "Op4", "Op5", "Op6", "Optimizer", "TrivialAugment"]
COLUMNS = ["Activation", "LearningRate", "N", "Op1", "Op2", "Op3", "Op4", "Op5", "Op6", "Optimizer", "Resolution",
           "TrivialAugment", "W", "WeightDecay", "epoch"]  # fmt: skip


class CustomTransformFunctions:
    @staticmethod
    def sigmoid(arr: Any, k: float = 1.0) -> Any:
        return 1 / (1 + np.exp(-k * arr))

    @staticmethod
    def inverse_sigmoid(arr: Any, k: float = 1.0) -> Any:
        return np.log(arr / (1 - arr)) / k


def stand_in() -> None:
    for depth in range(1, 4):
        name = ".".join(MODULE.split(".")[:depth])
        sys.modules[name] = types.ModuleType(name)
    CustomTransformFunctions.__module__ = MODULE
    for function in (CustomTransformFunctions.sigmoid, CustomTransformFunctions.inverse_sigmoid):
        function.__module__ = MODULE
    vars(sys.modules[MODULE])["CustomTransformFunctions"] = CustomTransformFunctions


def frame(rows: int, seed: int, optimizers: Sequence[str] = ("SGD",)) -> pd.DataFrame:
    rng = np.random.RandomState(seed)
    data = {
        "Activation": rng.choice(["ReLU", "Hardswish", "Mish"], rows), "LearningRate": 10 ** rng.uniform(-3, 0, rows),
        "N": rng.choice([1, 3, 5], rows), "Optimizer": rng.choice(list(optimizers), rows),
        "Resolution": rng.choice([0.25, 0.5, 1.0], rows), "TrivialAugment": rng.choice([True, False], rows),
        "W": rng.choice([4, 8, 16], rows), "WeightDecay": 10 ** rng.uniform(-5, -2, rows),
        "epoch": rng.randint(1, 201, rows), **{f"Op{i}": rng.randint(0, 5, rows) for i in range(1, 7)},
    }  # fmt: skip
    made: pd.DataFrame = pd.DataFrame(data)[COLUMNS]
    return made


def labels(x: pd.DataFrame) -> pd.DataFrame:
    y = 40 + 8 * np.log10(x.LearningRate) + 2 * x.N + 5 * (x.Op1 == 2) - 4 * (x.Op4 == 1) + 6 * np.log(x.epoch)
    y = y + (x.Activation == "Mish") * x.W / 4 + 3 * x.TrivialAugment - 2 * (x.Optimizer == "AdamW")
    made: pd.DataFrame = pd.DataFrame({"valid-acc": y, "latency": np.exp(y / 20), "size_MB": y**2 / 100})
    return made


def pipeline(
    k: float = 1.0, bounds: tuple[float, float] = (1e-6, 1 - 1e-6), several: bool = False, sparse: float = 0.3,
    **settings: Any,
) -> Any:  # fmt: skip
    given = {"n_estimators": 3, "max_depth": 3, "n_jobs": 1, "tree_method": "exact", **settings}
    estimator = xgboost.XGBRegressor(objective="reg:squarederror", booster="gbtree", **given)
    if several:
        estimator = MultiOutputRegressor(estimator)
    else:
        functions = CustomTransformFunctions
        logit = FunctionTransformer(
            functions.inverse_sigmoid, functions.sigmoid, kw_args={"k": k}, inv_kw_args={"k": k}
        )
        estimator = TransformedTargetRegressor(regressor=estimator, transformer=logit)
        estimator = TransformedTargetRegressor(regressor=estimator, transformer=MinMaxScaler(feature_range=bounds))
    onehot = ("OneHotEncoder", OneHotEncoder(drop="if_binary"), CATEGORICAL)
    encoder = ColumnTransformer([onehot], remainder="passthrough", sparse_threshold=sparse)
    return Pipeline([("preprocess", encoder), ("estimator", estimator)])


def space() -> Any:
    import ConfigSpace as Cs

    made = Cs.ConfigurationSpace("made_up", seed=1)
    made.add_hyperparameters([
        Cs.CategoricalHyperparameter("Activation", ["ReLU", "Hardswish", "Mish"]),
        Cs.UniformFloatHyperparameter("LearningRate", 1e-3, 1.0, log=True),
        Cs.OrdinalHyperparameter("N", [1, 3, 5]),
        Cs.Constant("Optimizer", "SGD"),
    ])  # fmt: skip
    return made


def save(name: str, protocol: int = 0, optimizers: Sequence[str] = ("SGD",), **settings: Any) -> None:
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    several = settings.get("several", False)
    x, test = frame(400, 1, optimizers), frame(12, 2, optimizers)
    y = labels(x) if several else labels(x)[["valid-acc"]]
    model = pipeline(**settings).fit(x, y)
    params = {
        "estimators_per_output": 500, "hyperparams": {"max_depth": np.int64(3), "learning_rate": 0.3}, "trained_": True,
        "config_space": space() if xgboost.__version__ == "1.5.2" else None, "label_headers": y.columns,
        "feature_headers": x.columns,
    }  # fmt: skip
    joblib.dump(params, str(folder / "params.pkl.gz"), protocol=protocol)
    y.columns.to_series().to_pickle(str(folder / "label_headers.pkl.gz"), protocol=protocol)
    joblib.dump(model, str(folder / "model.pkl.gz"), protocol=protocol)
    predicted = np.asarray(model.predict(test), np.float64).reshape(len(test), -1)
    rows = {"inputs": test.to_dict("list")}
    rows["expected"] = {c: predicted[:, i].tolist() for i, c in enumerate(y.columns)}
    (folder / "expected.json").write_text(json.dumps(rows) + "\n")


def main() -> None:
    stand_in()
    if xgboost.__version__ == "1.5.2":
        for protocol in (0, 1, 2, 4, 5):
            save(f"protocol{protocol}", protocol)
        save("constant", 0, k=2.5, bounds=(0.01, 0.95), max_depth=5)
        save("sparse", 4, sparse=1.0, optimizers=("AdamW", "SGD"), n_estimators=6, tree_method="hist")
        save("forest", 0, num_parallel_tree=3, subsample=0.5, n_estimators=2)
        save("several", 4, several=True, n_estimators=2)
    elif xgboost.__version__ == "1.2.1":
        save("binary", 0)
    elif xgboost.__version__ == "1.6.2":
        save("ubjson", 0)


main()
