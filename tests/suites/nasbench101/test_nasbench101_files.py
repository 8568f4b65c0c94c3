"""The benchmark's own files and the small real table, read whole or refused by name."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.errors import ImportRefused, UnknownName
from harness.sources.foreign.errors import DamagedFile, MissingPart
from protocols.nasbench101 import official, small
from protocols.nasbench101.cells import Cell
from protocols.nasbench101.columns import Cells
from protocols.nasbench101.enumerate import enumerate_cells
from protocols.nasbench101.errors import BadRow, DuplicateTrial, HashMismatch, UnequalTrials, UnknownCell
from protocols.nasbench101.table import END, EPOCHS, HALFWAY, Table
from support.nasbench101_cells import DATA, chain, complete, needs_data, redrawn
from support.nasbench101_files import evaluation, field, metrics, row, training, varint, write_records

CELLS = [enumerate_cells(4).cell(row) for row in range(0, 91, 9)] + [chain(0, 1, 2, 1, 0)]


def all_trials(cells: Iterable[Cell] = CELLS, epochs: Iterable[int] = EPOCHS) -> list[bytes]:
    """Every cell's trials; seed 100 cell + 10 epochs' index + trial says whose numbers are whose."""
    return [
        row(cell, e, training(e, seed=(100 * c + 10 * k + trial) % 900, parameters=1000 + c))
        for c, cell in enumerate(cells)
        for k, e in enumerate(epochs)
        for trial in range(3)
    ]


def read(path: Path, rows: Iterable[bytes]) -> Table:
    return official.read(write_records(path / "nasbench.tfrecord", rows))


def test_every_number_is_where_it_belongs(tmp_path: Path) -> None:
    table = read(tmp_path, all_trials())
    assert (len(table), table.epochs, table.trials) == (len(CELLS), EPOCHS, 3)
    names = [table.cells.hash(at) for at in range(len(table))]
    assert names == sorted(cell.hash for cell in CELLS)
    for c, cell in enumerate(CELLS):
        at = table.row(cell.hash)
        assert table.cells.cell(at) == cell
        assert table.parameters[at] == 1000 + c
        for k, epochs in enumerate(EPOCHS):
            for trial in range(3):
                step = ((100 * c + 10 * k + trial) % 900 + 1) / 4096
                assert table.training_time[at, k, trial].tolist() == [epochs + step, 2 * epochs + step]
                assert table.train_accuracy[at, k, trial].tolist() == [0.25 + step, 0.5 + step]
                assert table.validation_accuracy[at, k, trial].tolist() == [0.5 + step, 0.75 + step]
                assert table.test_accuracy[at, k, trial].tolist() == [0.375 + step, 0.625 + step]
    assert table.training_time.dtype == np.float32
    assert (HALFWAY, END) == (0, 1)


def test_the_order_of_the_file_numbers_the_trials_and_nothing_else(tmp_path: Path) -> None:
    rows = all_trials()
    shuffled = [rows[at] for at in np.random.default_rng(0).permutation(len(rows))]
    one, other = read(tmp_path, rows), read(tmp_path, shuffled)
    assert one.cells.hashes.tobytes() == other.cells.hashes.tobytes()
    assert one.parameters.tolist() == other.parameters.tolist()
    for name in ("training_time", "test_accuracy"):
        assert np.array_equal(np.sort(getattr(one, name), axis=2), np.sort(getattr(other, name), axis=2))


def test_the_file_of_full_trainings_alone(tmp_path: Path) -> None:
    table = read(tmp_path, all_trials(epochs=[108]))
    assert table.epochs == (108,)
    assert table.test_accuracy.shape == (len(CELLS), 1, 3, 2)


def test_the_benchmarks_numbers_are_float32_written_as_doubles() -> None:
    """Times and accuracies of one cell as the benchmark's interface prints them."""
    printed = [883.4580078125, 1769.1279296875, 0.8282251358032227, 0.9241786599159241, 0.9211738705635071, 1.0]
    assert [float(np.float32(number)) for number in printed] == printed


def test_numbers_that_float32_cannot_hold_are_kept_as_they_are(tmp_path: Path) -> None:
    third = [evaluation(0.0, 0.0, 0.1, 0.1, 0.1)] + [evaluation(1.0, 1 / 3, 1 / 3, 1 / 3, 1 / 3)] * 2
    rows = [row(CELLS[1], 4, metrics(third))] * 3
    assert read(tmp_path, rows).test_accuracy[0, 0, 0].tolist() == [1 / 3, 1 / 3]
    mixed = read(tmp_path, rows + [row(CELLS[2], 4, training(4))] * 3)
    assert mixed.test_accuracy.dtype == np.float64


def test_metrics_with_fields_that_are_not_known_or_in_another_order(tmp_path: Path) -> None:
    def turned(time: float) -> bytes:
        numbers = [field(5, 0.25), field(4, 0.5), field(9, b"new"), field(3, 0.75), field(2, time)]
        return b"".join(numbers) + field(6, b"/model.ckpt-1234")

    data = field(3, 9.0) + field(2, 77) + b"".join(field(1, turned(time)) for time in (0.0, 8.0, 16.0)) + field(12, 5)
    table = read(tmp_path, [row(CELLS[1], 4, data)] * 3)
    assert table.parameters.tolist() == [77]
    assert table.training_time[0, 0, 2].tolist() == [8.0, 16.0]
    assert table.train_accuracy[0, 0, 0].tolist() == [0.75, 0.75]


def test_base64_in_lines_and_a_checkpoint_path(tmp_path: Path) -> None:
    checkpoints = [evaluation(e, 4.0, 0.5, 0.5, 0.5, b"/path/to/model.ckpt-12") for e in (0.0, 2.0, 4.0)]
    encoded = base64.encodebytes(metrics(checkpoints)).decode()
    assert "\n" in encoded
    assert len(read(tmp_path, [row(CELLS[1], 4, b"", metrics=encoded)] * 3)) == 1


def test_other_drawings_of_a_cell_are_the_cell(tmp_path: Path) -> None:
    cell = Cell.of(np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]), [-1, 0, 1, -2])
    turned = redrawn(cell, [0, 2, 1, 3])
    assert turned != cell
    table = read(tmp_path, [row(drawing, 4, training(4)) for drawing in (cell, turned, cell)])
    assert table.cells.cell(0) == cell


def damaged(data: bytes) -> bytes:
    return row(CELLS[1], 4, data)


GOOD = training(4)
EVALUATION = evaluation(1.0, 4.0, 0.5, 0.5, 0.5)


def shaped(**changes: object) -> bytes:
    return row(CELLS[1], 4, GOOD, **changes)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"no JSON", BadRow, "it is no JSON text"),
        (b"\xff\xfe", BadRow, "it is no JSON text"),
        (b"[" * 60000, BadRow, "it is no JSON text"),
        (b"{}", BadRow, "it is no list of hash"),
        (b"[1, 2, 3, 4]", BadRow, "it is no list of hash"),
        (shaped(hash="xyz"), BadRow, "it begins with 'xyz', not with a hash"),
        (shaped(hash=CELLS[1].hash.upper()), BadRow, "it begins with"),
        (shaped(hash=7), BadRow, "it begins with 7"),
        (shaped(epochs=5), BadRow, "it has 5 epochs; the benchmark trained for 4, 12, 36, 108"),
        (shaped(epochs=True), BadRow, "it has True epochs"),
        (shaped(epochs="4"), BadRow, "it has '4' epochs"),
        (shaped(matrix="0102"), BadRow, "'0102' where a matrix"),
        (shaped(matrix=""), BadRow, "where a matrix"),
        (shaped(matrix=[[0]]), BadRow, "where a matrix"),
        (shaped(matrix="01" * 7), BadRow, "a matrix of 14 entries for"),
        (shaped(operations="input,conv5x5,output", matrix="010001000"), BadRow, "unknown operation 'conv5x5'"),
        (shaped(operations=None), BadRow, "no text where"),
        (shaped(matrix="010100000", operations="input,maxpool3x3,output"), BadRow, "not above the diagonal"),
        (shaped(matrix="001000000", operations="input,maxpool3x3,output"), BadRow, "on no path"),
        (shaped(matrix="000000000", operations="input,maxpool3x3,output"), BadRow, "no path leads"),
        (row(complete(5), 4, GOOD), BadRow, "has 10 edges"),
        (shaped(metrics="*"), BadRow, "no base64 text"),
        (shaped(metrics="abc"), BadRow, "no base64 text"),
        (shaped(metrics="\u00e9abc"), BadRow, "no base64 text"),
        (shaped(metrics=base64.b64encode(GOOD[:-4]).decode()), DamagedFile, "cut short in field 3"),
        (damaged(b"\x80"), DamagedFile, "cut short inside a varint"),
        (damaged(GOOD + b"\x0b"), DamagedFile, "wire type 3"),
        (
            damaged(field(1, 5) + GOOD),
            DamagedFile,
            r"field 1 of the message \(evaluation_data\) is a varint, not a length",
        ),
        (
            damaged(metrics([EVALUATION] * 2 + [field(2, 4)])),
            DamagedFile,
            r"\(training_time\) is a varint, not 8 bytes",
        ),
        (damaged(metrics([EVALUATION] * 2 + [field(2, 4.0)])), DamagedFile, "has no train_accuracy"),
        (damaged(metrics([EVALUATION] * 3, parameters=0)), DamagedFile, "0 trainable parameters"),
        (
            damaged(b"".join([field(1, EVALUATION)] * 3) + varint(16) + varint(2**64 - 5)),
            DamagedFile,
            "trainable param",
        ),
        (damaged(metrics([EVALUATION] * 2)), UnequalTrials, "it has 2 evaluations, but a training has 3"),
        (damaged(metrics([EVALUATION] * 4)), UnequalTrials, "it has 4 evaluations"),
        (damaged(b""), DamagedFile, "0 trainable parameters"),
        (damaged(metrics([EVALUATION] * 3, parameters=999)), UnequalTrials, "999 parameters, but another training"),
        (damaged(GOOD), DuplicateTrial, "it is training number 4 of cell .* for 4 epochs, but each has 3"),
        (
            damaged(metrics([EVALUATION] * 2 + [evaluation(4.0, 1.0, 1.5, 0.5, 0.5)])),
            BadRow,
            "an accuracy outside 0 to 1",
        ),
        (damaged(metrics([EVALUATION] * 2 + [evaluation(4.0, 1.0, 0.5, float("nan"), 0.5)])), BadRow, "accuracy"),
        (
            damaged(metrics([EVALUATION] * 2 + [evaluation(4.0, -1.0, 0.5, 0.5, 0.5)])),
            BadRow,
            "not a number of seconds",
        ),
        (damaged(metrics([EVALUATION] * 2 + [evaluation(4.0, float("inf"), 0.5, 0.5, 0.5)])), BadRow, "of seconds"),
        (row(CELLS[2], 4, GOOD, hash=CELLS[3].hash), HashMismatch, "the hash of its cell is " + CELLS[2].hash),
        (row(CELLS[2], 4, GOOD, hash=CELLS[1].hash), HashMismatch, "the hash of its cell is " + CELLS[2].hash),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_kept(
    tmp_path: Path, data: bytes, error: type[ImportRefused], message: str
) -> None:
    """Three good records of the cell go before."""
    rows = [row(CELLS[1], 4, GOOD)] * 3
    if error is UnequalTrials or "accuracy" in message or "seconds" in message:
        rows = rows[:2]  # so that the number of trainings is not what is wrong
    count = len(rows)
    pattern = (
        rf"^record {count + 1} of .*nasbench.tfrecord: .*{message}.*\({count} records were read before it, nothing"
    )
    with pytest.raises(error, match=pattern) as raised:
        read(tmp_path, [*rows, data, row(CELLS[1], 12, GOOD)])
    assert isinstance(raised.value, ImportRefused)


def test_cells_that_lack_trainings(tmp_path: Path) -> None:
    rows = all_trials()
    with pytest.raises(UnequalTrials, match=rf"2 of the 3 trainings of cell {CELLS[-1].hash} for 108 epochs"):
        read(tmp_path, rows[:-1])
    with pytest.raises(
        UnequalTrials, match=rf"0 of the 3 trainings of .*; {len(rows) - 9} records were read, nothing is imported"
    ):
        read(tmp_path, rows[:-9])


def test_a_damaged_file_is_refused_whole(tmp_path: Path) -> None:
    path = write_records(tmp_path / "nasbench.tfrecord", all_trials())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DamagedFile, match=rf"record {len(CELLS) * 12} of .* is cut short"):
        official.read(path)
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(DamagedFile, match=r"is corrupt.*nothing is imported"):
        official.read(path)
    with pytest.raises(MissingPart):
        official.read(tmp_path / "none")


def test_rows_by_hash(tmp_path: Path) -> None:
    table = read(tmp_path, all_trials())
    wanted = Cells.of(CELLS[3:6])
    assert [table.cells.cell(at) for at in table.rows(wanted).tolist()] == CELLS[3:6]
    with pytest.raises(UnknownCell, match="no cell of hash"):
        table.rows(Cells.of([CELLS[3], chain(2, 2, 2, 2, 2)]))
    with pytest.raises(UnknownCell, match=r"no cell of hash 'f+'"):
        table.row("f" * 32)
    few = table.take(np.array([2, 5]))
    assert few.test_accuracy.tolist() == table.test_accuracy[[2, 5]].tolist()
    assert few.row(table.cells.hash(5)) == 1


@needs_data
@pytest.mark.parametrize(("space", "count", "trials"), [("5V9E", 2532, 1), ("4V9E", 91, 3)])
def test_the_small_table_is_read_exactly(space: str, count: int, trials: int) -> None:
    table = small.read(DATA, space)
    rows = pd.read_parquet(DATA).query("space == @space")
    assert (len(table), table.trials, table.epochs) == (count, trials, (4,))
    at = [table.row(name) for name in rows.hash]
    trial = rows.repeat.to_numpy() - 1
    for column, metric in [
        ("train_acc", table.train_accuracy),
        ("valid_acc", table.validation_accuracy),
        ("test_acc", table.test_accuracy),
        ("training_time", table.training_time),
    ]:
        assert metric.dtype == np.float32
        assert metric[at, 0, trial, END].astype(np.float64).tolist() == rows[column].tolist()
    halfway = rows.valid_acc_2.to_numpy()
    assert np.array_equal(table.validation_accuracy[at, 0, trial, HALFWAY].astype(np.float64), halfway, equal_nan=True)
    assert table.energy is not None
    assert table.energy[at, 0, trial].tolist() == rows.energy_kWh.tolist()
    assert table.parameters[at].tolist() == rows.parameters.tolist()
    assert table.rows(enumerate_cells(5 if space == "5V9E" else 4)).tolist() != list(range(count))


@pytest.fixture
def altered(tmp_path: Path) -> Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Path]:
    """``altered(change)`` writes a small table of three cells with three trials each, changed."""

    def write(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
        rows = [
            {
                "space": "4V9E",
                "hash": cell.hash,
                "adjacency": json.dumps(cell.matrix.tolist()),
                "labels": json.dumps(list(cell.labels)),
                "repeat": repeat,
                "parameters": 1000 + len(cell.operations),
                "epochs": 4.0,
                **dict.fromkeys(("train_acc", "valid_acc", "test_acc"), 0.5 + repeat / 8),
                "training_time": 8.0 * repeat,
                "energy_kWh": 0.01,
                "valid_acc_2": float("nan"),
                "training_time_2": float("nan"),
            }
            for cell in CELLS[:3]
            for repeat in (1, 2, 3)
        ]
        path = tmp_path / "small.parquet"
        change(pd.DataFrame(rows)).to_parquet(path)
        return path

    return write


Altered = Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Path]


def test_a_table_of_the_same_form(altered: Altered) -> None:
    table = small.read(altered(lambda frame: frame[::-1]), "4V9E")
    assert table.validation_accuracy[:, 0, :, END].tolist() == [[0.625, 0.75, 0.875]] * 3
    assert table.training_time[table.row(CELLS[2].hash), 0, :, END].tolist() == [8.0, 16.0, 24.0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.drop(columns="repeat"), BadRow, "has no column repeat"),
        (lambda f: f.assign(hash=[None, *f.hash[1:]]), BadRow, "rows without hash"),
        (lambda f: f.assign(test_acc="high"), DamagedFile, "is not the small table"),
        (lambda f: f.assign(repeat=1.5), DamagedFile, "is not the small table"),
        (lambda f: f[:0], BadRow, "no row of space 4V9E"),
        (lambda f: f.assign(test_acc=50.0), BadRow, "accuracies outside 0 to 1"),
        (lambda f: f.assign(repeat=[1, 2, 2] * 3), DuplicateTrial, "two rows of cell .* with the same repeat"),
        (lambda f: f[:-1], UnequalTrials, "the same repeats 1 to 3"),
        (lambda f: f.assign(repeat=f.repeat - 1), UnequalTrials, "the same repeats"),
        (lambda f: f.assign(epochs=[4.0] * 8 + [12.0]), UnequalTrials, "the same epochs for every cell"),
        (
            lambda f: f.assign(parameters=range(1, 10)),
            UnequalTrials,
            "row 2 of .* 2 parameters, another row",
        ),
        (lambda f: f.assign(parameters=1 << 40), BadRow, "parameters that are not above 0 and below"),
        (lambda f: f.assign(training_time=float("inf")), BadRow, "training_time that are not above 0"),
        (lambda f: f.assign(repeat=f.repeat + (f.repeat == 3) * 10**15), UnequalTrials, "repeats 1 to 1,000,000,"),
        (lambda f: f.assign(labels="[-1, 0]"), BadRow, "row 1 of .* has no cell of the benchmark"),
        (lambda f: f.assign(adjacency="x"), BadRow, "row 1 of .* no matrix and labels"),
        (lambda f: f.assign(labels="4"), BadRow, "row 1 of .* no matrix and labels"),
        (lambda f: f.assign(hash="0" * 32), HashMismatch, "row 1 of .* has hash 0+, but the hash is " + CELLS[0].hash),
    ],
)
def test_a_wrong_table_is_named(
    altered: Altered, change: Callable[[pd.DataFrame], pd.DataFrame], error: type[ImportRefused], message: str
) -> None:
    with pytest.raises(error, match=message):
        small.read(altered(change), "4V9E")


def test_what_is_no_table(tmp_path: Path, altered: Altered) -> None:
    with pytest.raises(UnknownName, match="unknown space '6V9E'"):
        small.read(tmp_path / "a", "6V9E")
    with pytest.raises(MissingPart, match="is missing"):
        small.read(tmp_path / "a")
    path = altered(lambda frame: frame)
    shutil.copy(path, tmp_path / "cut")
    (tmp_path / "cut").write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedFile, match="is not the small table"):
        small.read(tmp_path / "cut")
