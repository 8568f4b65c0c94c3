"""The metrics of one training as the official files hold them: the protocol-buffer message ``ModelMetrics``.

    ModelMetrics     1 evaluation_data (EvaluationData, repeated), 2 trainable_parameters (int32), 3 total_time (double)
    EvaluationData   1 current_epoch, 2 training_time, 3 train_accuracy, 4 validation_accuracy, 5 test_accuracy (all
                     double), 6 checkpoint_path (string)

A training was evaluated three times: at its start, halfway and at its end. Unknown fields are skipped.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import NamedTuple

from harness.sources.foreign.errors import DamagedFile
from harness.sources.foreign.protobuf import BYTES, FIXED64, VARINT, double, expect, fields

Evaluation = tuple[float, float, float, float]
"""Training time in seconds; train, validation and test accuracy as fractions."""

FIELDS = {2: "training_time", 3: "train_accuracy", 4: "validation_accuracy", 5: "test_accuracy"}
_CURRENT_EPOCH = 1

_USUAL = struct.Struct("<" + "BBBdBdBdBdBd" * 3)
"""The usual beginning of a message in the benchmark's files: three evaluations, each with five doubles in order."""
_TAGS = tuple([0x0A, 45, *(number << 3 | FIXED64 for number in range(1, 6))] * 3)
_tags = itemgetter(*(12 * evaluation + at for evaluation in range(3) for at in (0, 1, 2, 4, 6, 8, 10)))


class Metrics(NamedTuple):
    """One training: its evaluations in order, and the parameters of the network."""

    evaluations: list[Evaluation]
    parameters: int


def decode(data: bytes) -> Metrics:
    """The metrics in a serialized ``ModelMetrics``; raises ``DamagedFile`` if it cannot be read or lacks a field."""
    evaluations, data = _usual(data)
    parameters = 0
    for number, kind, value in fields(data):
        if number == 1:
            expect(number, kind, BYTES, "evaluation_data")
            evaluations.append(_evaluation(value if isinstance(value, bytes) else b""))
        elif number == 2:
            expect(number, kind, VARINT, "trainable_parameters")
            parameters = value if isinstance(value, int) else 0
    if not 0 < parameters < 1 << 31:
        raise DamagedFile(f"the metrics give {parameters} trainable parameters; a network has 1 to 2,147,483,647")
    return Metrics(evaluations, parameters)


def _usual(data: bytes) -> tuple[list[Evaluation], bytes]:
    """The evaluations of a message with the usual beginning, and its remaining bytes. This is many times faster than
    reading field by field.
    """
    if len(data) >= _USUAL.size:
        values = _USUAL.unpack_from(data)
        if _tags(values) == _TAGS:
            return [values[5:12:2], values[17:24:2], values[29:36:2]], data[_USUAL.size :]
    return [], data


def _evaluation(data: bytes) -> Evaluation:
    found: dict[int, float] = {}
    for number, kind, value in fields(data):
        if number in FIELDS or number == _CURRENT_EPOCH:
            expect(number, kind, FIXED64, FIELDS.get(number, "current_epoch"))
            found[number] = double(value)
    missing = [name for number, name in FIELDS.items() if number not in found]
    if missing:
        raise DamagedFile(f"an evaluation has no {missing[0]}; it needs {', '.join(FIELDS.values())}")
    return found[2], found[3], found[4], found[5]
