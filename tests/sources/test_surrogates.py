"""Surrogate sets on disk: found by name, hashed over everything, and refused with a reason when damaged."""

# ruff: noqa: ARG001 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.errors import SpaceError, SurrogateError, UnknownName
from harness.registry import load_surrogates
from harness.sources import shelf
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.models.trees import FEATURE_BITS
from harness.sources.shelf import available_sets
from harness.sources.store import NODE, SetWriter, content_hash, read_manifest
from protocols.jahs.leaderboards import METRICS, TASKS, guessing_accuracy
from protocols.jahs.space import SPACE, columns
from support.made_sets import clockwork_models, write_set

has_lite = pytest.mark.skipif(
    not (shelf.EMBEDDED / "lite-1" / "manifest.json").is_file(), reason="the embedded set lite-1 is not there yet"
)


@pytest.fixture
def copy(toy_set: SurrogateSet, tmp_path: Path) -> Path:
    """A copy of the toy set to be damaged."""
    return Path(shutil.copytree(toy_set.path, tmp_path / "copy"))


def use(path: Path) -> None:
    """What a user does with a set: load it, read every model, predict."""
    loaded = load_surrogates(path)
    loaded.verify()
    loaded.predict("cifar10", pd.DataFrame([SPACE.sample(np.random.default_rng(0))]))


def edit(path: Path, change: Callable[[dict[str, Any]], Any], *, forge: bool = False) -> None:
    """Edits the manifest; with ``forge`` its hash is made right again, as an attacker would."""
    file = path / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    if forge:
        manifest["hash"] = content_hash(manifest)
    file.write_text(json.dumps(manifest))


def forge_nodes(path: Path, change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> None:
    """Rewrites the trees of CIFAR-10's latency and every hash above them."""
    file = path / "cifar10" / "latency.bin"

    def rewrite(manifest: dict[str, Any]) -> None:
        entry = manifest["tasks"]["cifar10"]["metrics"]["latency"]
        model = SurrogateSet(path).model("cifar10", "latency")
        roots, nodes = change(model.trees.roots.copy(), model.trees.nodes.copy())
        first = roots.astype("<i4").tobytes()
        blob = first + b"\0" * (-len(first) % 64) + nodes.tobytes()
        entry["arrays"]["roots"] |= {"offset": 0, "shape": [len(roots)]}
        entry["arrays"]["nodes"] |= {"offset": len(blob) - nodes.nbytes, "shape": [len(nodes)]}
        entry |= {"size": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
        file.unlink()  # the old bytes may be mapped
        file.write_bytes(blob)

    edit(path, rewrite, forge=True)


def flip(file: Path, at: int) -> None:
    blob = bytearray(file.read_bytes())
    blob[at] ^= 0x10
    file.unlink()
    file.write_bytes(blob)


def test_a_set_is_found_by_name_and_by_path(toy_set: SurrogateSet) -> None:
    assert available_sets()["toy"] == toy_set.path
    assert load_surrogates("toy").hash == load_surrogates(toy_set.path).hash == toy_set.hash
    assert harness.load_surrogates("toy").name == "toy"


def test_an_unknown_set_is_answered_with_the_nearest(toy_set: SurrogateSet) -> None:
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        load_surrogates("toyy")


def test_a_set_knows_its_tasks_metrics_constants_and_cards(toy_set: SurrogateSet) -> None:
    assert toy_set.tasks == sorted(TASKS)
    assert toy_set.metrics("cifar10") == sorted(METRICS)
    assert set(toy_set.constants("cifar10")) == {"mean_runtime", "latency_p99"}
    assert toy_set.card("cifar10", "latency") == {"kind": "toy"}


def test_the_copy_is_usable_before_it_is_damaged(copy: Path) -> None:
    use(copy)


def test_writing_the_same_set_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    constants = {task: {"mean_runtime": 200.0} for task in TASKS}
    for parent in ("a", "b"):
        write_set(tmp_path / parent / "same", dict.fromkeys(TASKS, clockwork_models()), constants)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / d).rglob("*") if p.is_file()} for d in "ab")
    assert first == second


def test_every_constant_and_every_leaf_is_in_the_hash(copy: Path, toy_set: SurrogateSet) -> None:
    edit(copy, lambda m: m["tasks"]["cifar10"]["constants"].update(mean_runtime=1.0), forge=True)
    assert load_surrogates(copy).hash != toy_set.hash
    forge_nodes(copy, lambda roots, nodes: (roots, nodes[::-1].copy()[::-1]))
    before = load_surrogates(copy).hash

    def nudge(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nodes["value"][-1] += 1e-3
        return roots, nodes

    forge_nodes(copy, nudge)
    assert load_surrogates(copy).hash != before


def test_a_writer_that_fails_changes_nothing(copy: Path) -> None:
    before = {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    with pytest.raises(KeyError), SetWriter(copy, "copy", columns=columns(), about={}) as writer:
        writer.set_constants("a task without models", {})
    assert {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()} == before
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]


def test_a_set_is_replaced_as_a_whole(copy: Path) -> None:
    write_set(copy, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 200.0}})
    assert load_surrogates(copy).tasks == ["cifar10"]
    assert not (copy / "fashion_mnist").exists()
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]


@pytest.mark.parametrize("at", [0, 1000, -1])
@pytest.mark.parametrize("name", ["cifar10/valid-acc.bin", "encoders/e0.bin"])
def test_a_flipped_bit_is_noticed_and_its_file_named(copy: Path, name: str, at: int) -> None:
    file = copy / name
    flip(file, min(at, file.stat().st_size - 1))
    with pytest.raises(SurrogateError, match=file.name):
        use(copy)


@pytest.mark.parametrize("damage", ["truncate", "extend", "empty", "remove", "directory"])
def test_a_file_of_another_size_or_none_is_named(copy: Path, damage: str) -> None:
    file = copy / "cifar10" / "valid-acc.bin"
    blob = file.read_bytes()
    file.unlink()
    if damage == "directory":
        file.mkdir()
    elif damage != "remove":
        file.write_bytes({"truncate": blob[:-8], "extend": blob + b"\0" * 8, "empty": b""}[damage])
    with pytest.raises(SurrogateError, match=r"valid-acc\.bin"):
        use(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(name="other"),
        lambda m: m["tasks"]["cifar10"]["constants"].update(mean_runtime=1.0),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"].update(base=7.0),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["card"].update(tau=0.99),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"].update(base=float("nan")),
        lambda m: m.pop("hash"),
        lambda m: m.update(hash="0" * 64),
        lambda m: m.update(schema=99),
        lambda m: m.pop("schema"),
    ],
    ids=["name", "constant", "base", "card", "nan", "no hash", "other hash", "other schema", "no schema"],
)
def test_an_edited_manifest_is_refused(copy: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    edit(copy, change)
    with pytest.raises(SurrogateError, match=r"manifest\.json"):
        use(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '{"schema": 1}', "[" * 100_000, "\x00\xff"], ids=range(8))
def test_a_manifest_that_is_none_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text)
    with pytest.raises(SurrogateError, match=r"manifest\.json"):
        use(copy)


def test_a_manifest_in_another_encoding_is_refused(copy: Path) -> None:
    (copy / "manifest.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(SurrogateError, match=r"manifest\.json"):
        use(copy)


def test_a_directory_without_a_manifest_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(SurrogateError, match="is no source"):
        use(tmp_path)


def beyond(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nodes["link"][0] = (len(nodes) << FEATURE_BITS) | 1
    return roots, nodes


def last_child_beyond(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nodes["link"][-1] = 1 << FEATURE_BITS
    return roots, nodes


def root_beyond(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    roots[-1] = len(nodes)
    return roots, nodes


def root_before(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    roots[0] = -1
    return roots, nodes


def no_such_feature(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nodes["link"][0] |= (1 << FEATURE_BITS) - 1
    return roots, nodes


def shared_children(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every node's right child is the next one's left: a few nodes, but exponentially many ways through them."""
    forged = np.zeros(42, NODE)
    forged["link"][:40] = 1 << FEATURE_BITS
    return np.zeros(1, np.int32), forged


def too_deep(roots: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    forged = np.zeros(2 * 600 + 1, NODE)
    inner = np.arange(600)
    # Node 0 has children 1, 2; node 2 has 3, 4; and so on.
    forged["link"][2 * inner] = 1 << FEATURE_BITS
    forged["value"] = -1.0
    return np.zeros(1, np.int32), forged


@pytest.mark.parametrize(
    "change",
    [beyond, last_child_beyond, root_beyond, root_before, no_such_feature, shared_children, too_deep],
    ids=lambda f: f.__name__,
)
def test_forged_trees_with_right_hashes_are_refused(copy: Path, change: Any) -> None:
    forge_nodes(copy, change)
    with pytest.raises(SurrogateError):
        use(copy)


def forged_entry(**change: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda m: m["tasks"]["cifar10"]["metrics"]["latency"].update(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("tasks"),
        lambda m: m.pop("encoders"),
        lambda m: m.pop("columns"),
        lambda m: m.update(tasks=[]),
        lambda m: m["tasks"]["cifar10"].pop("metrics"),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"].pop("link"),
        forged_entry(encoder="e99"),
        forged_entry(base="zero"),
        forged_entry(link={"lower": 0.0}),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["nodes"].update(offset=10**6),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["nodes"].update(offset=-64),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["nodes"].update(shape=[10**9]),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["nodes"].update(dtype="<f4"),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["nodes"].update(dtype="O"),
        lambda m: m["tasks"]["cifar10"]["metrics"]["latency"]["arrays"]["roots"].update(dtype="<f4"),
        lambda m: m["encoders"]["e0"]["blocks"][0].update(lookup=[99]),
        lambda m: m["encoders"]["e0"]["blocks"][0].update(sizes=[10]),
        lambda m: m["encoders"]["e0"].pop("blocks"),
    ],
    ids=range(18),
)
def test_a_forged_manifest_with_the_right_hash_is_refused(copy: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    edit(copy, change, forge=True)
    with pytest.raises(SurrogateError):
        use(copy)


def test_a_set_of_one_task_refuses_the_others(tmp_path: Path) -> None:
    write_set(tmp_path / "one", {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 200.0}})
    with pytest.raises(UnknownName, match="cifar10"):
        load_surrogates(tmp_path / "one").constants("fashion_mnist")


def test_the_manifest_is_checked_against_its_own_hash(copy: Path) -> None:
    manifest = read_manifest(copy)
    assert content_hash(manifest) == manifest["hash"]
    assert content_hash(manifest | {"name": "other"}) != manifest["hash"]


def test_a_value_out_of_range_is_named_without_the_marks_of_its_library(toy_set: SurrogateSet) -> None:
    frame = pd.DataFrame([SPACE.sample(np.random.default_rng(0))]).assign(LearningRate=2.0)
    with pytest.raises(SpaceError, match=r"LearningRate = 2\.0 is outside its range \[0\.001, 1\]"):
        toy_set.predict("cifar10", frame)


# The embedded set -------------------------------------------------------------------------------------------------


@has_lite
def test_the_embedded_set_is_whole_and_small() -> None:
    lite = load_surrogates("lite-1")
    lite.verify()
    assert lite.tasks == sorted(TASKS)
    assert all(lite.metrics(task) == sorted(METRICS) for task in TASKS)
    assert sum(p.stat().st_size for p in lite.path.rglob("*")) <= 15 * 2**20
    assert not [p for p in lite.path.rglob("*") if p.suffix in (".pkl", ".pickle", ".joblib", ".npy")]


@has_lite
@pytest.mark.parametrize("task", TASKS)
def test_the_embedded_set_says_how_each_metric_was_made(task: str) -> None:
    lite = load_surrogates("lite-1")
    assert all(lite.card(task, metric).get("kind") for metric in METRICS)


@has_lite
@pytest.mark.parametrize(
    ("task", "mean"), [("cifar10", 175_571), ("colorectal_histology", 18_336), ("fashion_mnist", 193_248)]
)
def test_the_mean_full_runtime_is_within_ten_percent_of_the_published_one(task: str, mean: float) -> None:
    assert load_surrogates("lite-1").constants(task)["mean_runtime"] == pytest.approx(mean, rel=0.10)


@has_lite
@pytest.mark.parametrize("task", TASKS)
def test_the_embedded_set_predicts_sane_numbers_everywhere(task: str) -> None:
    from protocols.jahs.space import FIDELITIES

    rng = np.random.default_rng(0)
    frame = pd.DataFrame([SPACE.sample(rng) | FIDELITIES.sample(rng) for _ in range(2000)])
    predicted = load_surrogates("lite-1").predict(task, frame)
    assert np.isfinite(predicted.to_numpy()).all()
    for metric in ("valid-acc", "test-acc", "train-acc"):
        assert predicted[metric].between(0, 100).all()
    for metric in ("latency", "runtime", "size_MB"):
        assert (predicted[metric] > 0).all()
    assert predicted["valid-acc"].max() > 2 * guessing_accuracy(_board(task))


def _board(task: str) -> Any:
    from harness import registry

    return registry.leaderboard(task, "single", "bb")
