"""The importer reads official-format artefacts of every pickle protocol and booster form, to the last useful digit."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.errors import ImportRefused
from harness.sources.foreign.errors import DamagedFile, MissingPart, UnsupportedModel
from harness.sources.foreign.official import read_artefact, read_layout
from harness.sources.models.evaluate import Program
from support.imports import JAHS
from support.paths import SHARED, TESTS

HERE = TESTS / "data" / "importer"
MADE = sorted(p.parent.name for p in HERE.glob("*/expected.json"))
SHARED = SHARED / "data" / "jahs"
PARTS = ("params", "label_headers", "model")
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the reference data are not at {SHARED}")


@pytest.fixture
def artefact(tmp_path: Path) -> Callable[..., Path]:
    """``artefact("protocol0", model=function)`` copies one and rewrites the unpacked contents of some of its files."""

    def copy(name: str, to: str = "copy", **edits: Callable[[bytes], bytes]) -> Path:
        folder = tmp_path / to
        shutil.copytree(HERE / name, folder)
        for part, edit in edits.items():
            file = folder / f"{part}.pkl.gz"
            file.write_bytes(gzip.compress(edit(gzip.decompress(file.read_bytes())), 1))
        return folder

    return copy


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """An edit that must find what it replaces."""

    def edit(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new)

    return edit


def expected(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The inputs and the predictions of the packages that made an artefact."""
    found = json.loads((HERE / name / "expected.json").read_text())
    return pd.DataFrame(found["inputs"]), pd.DataFrame(found["expected"])


@pytest.mark.parametrize("name", MADE)
def test_predictions_are_those_of_the_packages_that_made_it(name: str) -> None:
    inputs, wanted = expected(name)
    models = read_artefact(HERE / name).models
    assert list(models) == list(wanted)
    for native in (True, False):
        np.testing.assert_allclose(Program(models, native=native).many(inputs), wanted, rtol=2e-6)


@pytest.mark.parametrize(("name", "form"), [("protocol0", "JSON"), ("binary", "binary"), ("ubjson", "UBJSON")])
def test_every_serialised_form_of_a_booster_is_read(name: str, form: str) -> None:
    assert read_artefact(HERE / name).models["valid-acc"].card["form"] == form


def test_the_trees_of_a_sparse_pipeline_send_zeros_where_missing_values_went() -> None:
    inputs, wanted = expected("sparse")
    model = read_artefact(HERE / "sparse").models["valid-acc"]
    assert set(inputs["Optimizer"]) == {"AdamW", "SGD"}
    np.testing.assert_allclose(Program({"valid-acc": model}).many(inputs), wanted, rtol=2e-6)


def test_columns_keep_the_order_levels_and_types_of_the_pickle() -> None:
    columns = {c.name: c.levels for c in read_artefact(HERE / "protocol0").models["valid-acc"].encoder.columns}
    assert list(columns)[:3] == ["Activation", "LearningRate", "N"]
    assert columns["Activation"] == ("Hardswish", "Mish", "ReLU")
    assert columns["Optimizer"] == ("SGD",)
    assert columns["epoch"] is None
    assert columns["TrivialAugment"] == (False, True)
    assert all(isinstance(level, bool) for level in columns["TrivialAugment"])


def test_the_sigmoid_constant_and_the_bounds_are_those_of_the_pickle() -> None:
    link = read_artefact(HERE / "constant").models["valid-acc"].link
    assert link.squash
    assert link.slope == 2.5
    assert link.lower < link.upper


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".pkl.gz", lambda b: gzip.compress(b, 9)),
        (".pkl.gz", lambda b: gzip.compress(b[:999]) + gzip.compress(b[999:])),
        (".pkl.gz", lambda b: zlib.compress(b, 3)),
        (".pkl.gz", lambda b: b),
        (".pkl", lambda b: b),
        (".pkl.z", lambda b: zlib.compress(b, 0)),
        (".pkl.bz2", bz2.compress),
        (".pkl.xz", lzma.compress),
        (".pkl.lzma", lambda b: lzma.compress(b, lzma.FORMAT_ALONE)),
    ],
)
def test_the_compression_is_told_from_the_bytes(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    for part in PARTS:
        data = gzip.decompress((HERE / "protocol4" / f"{part}.pkl.gz").read_bytes())
        (tmp_path / f"{part}{suffix}").write_bytes(pack(data))
    inputs, wanted = expected("protocol4")
    np.testing.assert_allclose(Program(read_artefact(tmp_path).models).many(inputs), wanted, rtol=2e-6)


def make_layout(top: Path, tasks: dict[str, list[str]]) -> Path:
    for task, metrics in tasks.items():
        for metric in metrics:
            shutil.copytree(HERE / "protocol0", top / task / metric)
            (top / task / metric / "expected.json").unlink()
            headers = top / task / metric / "label_headers.pkl.gz"
            data = gzip.decompress(headers.read_bytes()).replace(b"Vvalid-acc\n", f"V{metric}\n".encode())
            headers.write_bytes(gzip.compress(data))
    return top


def test_a_layout_is_found_from_its_top_its_parent_or_one_task(tmp_path: Path) -> None:
    top = make_layout(tmp_path / "assembled_surrogates", {"cifar10": ["valid-acc", "runtime"]})
    for path in (tmp_path, top, top / "cifar10"):
        layout = read_layout(path, JAHS)
        assert {task: sorted(models) for task, models in layout.tasks.items()} == {"cifar10": ["runtime", "valid-acc"]}
        assert len(layout.sources) == 6
    assert read_layout(tmp_path, JAHS).sources.keys() >= {"assembled_surrogates/cifar10/runtime/model.pkl.gz"}
    models = layout.tasks["cifar10"]
    assert models["valid-acc"].encoder is models["runtime"].encoder


def test_one_artefact_of_several_metrics_is_a_layout_of_one_task(tmp_path: Path) -> None:
    shutil.copytree(HERE / "several", tmp_path / "early_surrogate_cifar10")
    layout = read_layout(tmp_path / "early_surrogate_cifar10", JAHS)
    assert list(layout.tasks) == ["cifar10"]
    assert list(layout.tasks["cifar10"]) == ["valid-acc", "latency", "size_MB"]
    assert list(read_layout(HERE / "several", JAHS, task="fashion_mnist").tasks) == ["fashion_mnist"]
    with pytest.raises(MissingPart, match="which task"):
        read_layout(HERE / "several", JAHS)


def test_a_metric_that_one_task_lacks_is_named(tmp_path: Path) -> None:
    make_layout(tmp_path, {"cifar10": ["valid-acc", "latency"], "fashion_mnist": ["valid-acc"]})
    with pytest.raises(MissingPart, match=r"fashion_mnist.latency is missing"):
        read_layout(tmp_path, JAHS)


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_file_is_named(tmp_path: Path, part: str) -> None:
    make_layout(tmp_path, {"cifar10": ["valid-acc"]})
    (tmp_path / "cifar10" / "valid-acc" / f"{part}.pkl.gz").unlink()
    with pytest.raises(MissingPart, match=rf"valid-acc.{part}\.pkl\.gz is missing"):
        read_layout(tmp_path, JAHS)


def test_a_folder_without_surrogates_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(MissingPart, match=str(path)):
            read_layout(path, JAHS)


def test_files_of_another_metric_are_refused(tmp_path: Path) -> None:
    shutil.copytree(HERE / "protocol0", tmp_path / "latency")
    with pytest.raises(UnsupportedModel, match="'valid-acc' in a folder called 'latency'"):
        read_artefact(tmp_path / "latency", "latency", JAHS.metrics)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("inside", [True, False])
def test_a_truncated_file_is_named(tmp_path: Path, part: str, share: float, inside: bool) -> None:
    shutil.copytree(HERE / "protocol4", tmp_path / "copy")
    file = tmp_path / "copy" / f"{part}.pkl.gz"
    raw = file.read_bytes()
    if inside:
        data = gzip.decompress(raw)
        raw = gzip.compress(data[: int(len(data) * share)])
    else:
        raw = raw[: int(len(raw) * share)]
    file.write_bytes(raw)
    with pytest.raises(DamagedFile, match=rf"{part}\.pkl\.gz is (truncated|empty)"):
        read_artefact(tmp_path / "copy")


@pytest.mark.parametrize(
    ("part", "edit", "message"),
    [
        ("model", swap(b"_encoders\nOneHotEncoder\n", b"_encoders\nOrdinalEncoder\n"), "_encoders.OrdinalEncoder"),
        ("model", swap(b"_target\nTransformedTargetRegressor\n", b"_target\nOtherRegressor\n"), "OtherRegressor"),
        ("model", swap(b"_data\nMinMaxScaler\n", b"_data\nRobustScaler\n"), "RobustScaler"),
        ("model", swap(b"\nXGBRegressor\n", b"\nXGBClassifier\n"), "XGBClassifier"),
        ("model", swap(b'"name":"reg:squarederror"', b'"name":"reg:logistic"'), "reg:logistic"),
        ("model", swap(b'"name":"gbtree"', b'"name":"dart"'), "'dart'"),
        ("model", swap(b'"num_feature":"41"', b'"num_feature":"43"'), "43 features"),
        ("model", swap(b'"split_type":[0', b'"split_type":[1'), "categorical splits"),
        ("model", swap(b'"split_conditions":[', b'"split_conditions":[NaN,'), "length"),
        ("model", swap(b'"num_trees":"3"', b'"num_trees":"4"'), "claims 4 trees and has 3"),
        ("model", swap(b'"base_score":"5E-1"', b'"base_score":"half"'), "base score"),
        ("model", swap(b'"trees":[', b'"trees":[{},'), "a tree without nodes"),
        ("model", swap(b"Vk\n", b"Vq\n"), "settings other than k"),
        ("model", swap(b"Vsteps\n", b"Vstops\n"), "the steps of its Pipeline"),
        ("model", swap(b"I5\n", b"I-5\n"), "impossible shape"),
        ("params", lambda _: b"(lp0\n.", "it holds a list, not a dictionary"),
        ("label_headers", swap(b"Vvalid-acc\n", b"Vno such\tmetric\n"), "unusable metric names"),
    ],
)
def test_what_is_not_understood_is_named(
    artefact: Callable[..., Path], part: str, edit: Callable[[bytes], bytes], message: str
) -> None:
    with pytest.raises(ImportRefused, match=f"{part}.pkl.gz") as caught:
        read_artefact(artefact("protocol0", **{part: edit}))
    assert message in str(caught.value)


@pytest.mark.parametrize("threshold", [b"NaN", b"1E0"])
def test_a_threshold_that_is_not_a_number_is_refused(artefact: Callable[..., Path], threshold: bytes) -> None:
    def edit(data: bytes) -> bytes:
        start = data.index(b'"split_conditions":[') + len(b'"split_conditions":[')
        return data[:start] + threshold + data[data.index(b",", start) :]

    folder = artefact("protocol0", model=edit)
    if threshold == b"1E0":
        read_artefact(folder)
    else:
        with pytest.raises(DamagedFile, match=r"model\.pkl\.gz .* tree 0 .* \(NaN\) at node 0"):
            read_artefact(folder)


@needs_shared
@pytest.mark.parametrize("task", ["cifar10", "colorectal_histology", "fashion_mnist"])
def test_official_format_predictions_agree(task: str) -> None:
    wanted = pd.read_csv(SHARED / "official_format" / f"expected_{task}.csv.gz")
    layout = read_layout(SHARED / "official_format" / "assembled_surrogates" / task, JAHS)
    models = layout.tasks[task]
    assert len(models) == 7
    np.testing.assert_allclose(Program(models).many(wanted), wanted[list(models)], rtol=1e-4)


@needs_shared
def test_early_surrogate_predictions_agree() -> None:
    wanted = pd.read_csv(SHARED / "early_surrogate_cifar10" / "expected.csv.gz")
    models = read_layout(SHARED / "early_surrogate_cifar10", JAHS).tasks["cifar10"]
    np.testing.assert_allclose(Program(models).many(wanted), wanted[list(models)], rtol=1e-4)
