"""``verification.csv``: read by one reader, which takes what is written and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordError
from harness.verify.states import COLUMNS, FILE, State, read_file, read_states, to_text, write_states

HEAD = ",".join(COLUMNS) + "\n"
DIGEST = "0123456789abcdef" * 4
OTHER = "f" * 64


def lines(tmp_path: Path, text: str) -> list[State]:
    (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    return read_file(tmp_path / FILE)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + f'a,{DIGEST},"repro"duced,3,0.1.0\n',
        HEAD + f'a,{DIGEST},"reproduced",3,0.1.0\n',
        HEAD + f'"a",{DIGEST},replayed,,0.1.0\n',
        HEAD + f"a,{DIGEST},Reproduced,3,0.1.0\n",
        HEAD + f"a,{DIGEST},reproduced ,3,0.1.0\n",
        HEAD + f"a,{DIGEST},reprоduced,3,0.1.0\n",
        HEAD + f"a,{DIGEST},checked,,0.1.0\n",
        HEAD + f"a,{DIGEST},reproduced,,0.1.0\n",
        HEAD + f"a,{DIGEST},reproduced,3 3,0.1.0\n",
        HEAD + f"a,{DIGEST},reproduced,9 3,0.1.0\n",
        HEAD + f"a,{DIGEST},reproduced,-1,0.1.0\n",
        HEAD + f"a,{DIGEST},replayed,,\n",
        HEAD + f"a,{DIGEST},replayed,,0.1.0",
        HEAD + f"a,{DIGEST},replayed,,0.1.0\n\n",
        HEAD + f"a,{DIGEST.upper()},replayed,,0.1.0\n",
        HEAD + f"../a,{DIGEST},replayed,,0.1.0\n",
        HEAD + f"/a,{DIGEST},replayed,,0.1.0\n",
        HEAD + f"a//b,{DIGEST},replayed,,0.1.0\n",
        HEAD + f"a,{DIGEST},replayed,,0.1.0\na,{OTHER},replayed,,0.1.0\n",
        HEAD + f"a,{DIGEST},replayed,,0.1.0\nb,{DIGEST},reproduced,1,0.1.0\n",
        HEAD + f"b,{DIGEST},replayed,,0.1.0\na,{OTHER},replayed,,0.1.0\n",
        HEAD + f"a,{DIGEST},replayed,,0.1.0,more\n",
        (HEAD + f"a,{DIGEST},replayed,,0.1.0\n").replace("\n", "\r"),
        (HEAD + f"a,{DIGEST},replayed,,0.1.0\n").replace("\n", "\r\n"),
        "\ufeff" + HEAD,
        "",
        "nonsense\n",
        HEAD + "\udcff\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecordError, match="is no verification file"):
        lines(tmp_path, text)


def test_a_comma_in_a_name_is_quoted_and_read(tmp_path: Path) -> None:
    state = State("a/hyperband[axis=N,from-scratch].parquet", DIGEST, "reproduced", (0, 7), "0.1.0")
    write_states(tmp_path, [state])
    assert read_states(tmp_path) == {DIGEST: state}


STATE = st.builds(
    State, st.from_regex(r"[a-z0-9,=\[\]-]{1,9}(/[a-z0-9,-]{1,9}){0,3}", fullmatch=True),
    st.text("0123456789abcdef", min_size=64, max_size=64), st.just("reproduced"),
    st.sets(st.integers(0, 999), min_size=1, max_size=4).map(lambda s: tuple(sorted(s))), st.just("0.1.0"),
)  # fmt: skip


@given(st.lists(STATE, max_size=5, unique_by=(lambda s: s.record, lambda s: s.sha256)))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, states: list[State]) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / FILE).write_text(to_text(states), encoding="utf-8", newline="")
    assert sorted(read_file(folder / FILE), key=lambda s: s.record) == sorted(states, key=lambda s: s.record)


def test_a_line_is_of_its_own_folder_alone(tmp_path: Path) -> None:
    """What lies further below has states of its own."""
    inner = tmp_path / "inner"
    inner.mkdir()
    write_states(inner, [State("a", DIGEST, "reproduced", (1,), "0.1.0")])
    assert read_states(tmp_path) == {}
    assert set(read_states(inner)) == {DIGEST}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write_states(tmp_path, [State("a", DIGEST, "reproduced", (1,), "0.1.0")])
    other = tmp_path / "other"
    other.mkdir()
    (other / FILE).symlink_to(tmp_path / FILE)
    with pytest.raises(RecordError, match="plain file"):
        read_states(other)
