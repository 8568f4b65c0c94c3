"""JSON and TOML of strangers: what is too deep, too large or too much is refused before the parser sees it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.base.documents import load_json, read_json
from harness.base.plain import read_plain
from harness.base.toml import load_toml
from harness.errors import OverBudget


@pytest.mark.parametrize(
    "text",
    [
        'a.b.c = "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0"',
        "a = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]",
        'a = """\n[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"""\nb = 1 # [[[[[[[[[[[[[[[[[[[[[[[[[[[ .....................',
        "a = '''it's \"[[[[[[[[[[[[[[[[[[[[[[[['''",
        'a = "\\"[[[[[[[[[[[[[[[[[[[[[[[[["',
        '"a.b"."c]d" = { e = [[1], [2]] }',
    ],
)
def test_what_is_in_texts_and_comments_is_no_depth(text: str) -> None:
    assert load_toml(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * 18) + " = 1",
        " . ".join(["'='"] * 18) + " = 1",
        '[x]\ny = { "a".' + ".".join("b" * 17) + " = 1 }",
        "[" + ".".join("a" * 18) + "]",
        "a = " + "[" * 17,
        "a = " + "{b=" * 17,
    ],
)
def test_what_is_nested_deeply_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nested more than 16 levels deep in line"):
        load_toml(text.encode())


@pytest.mark.parametrize("piece", ['"', "'", '"""', "'''", '"\\"', "[", "a.", "#", "\\", '""', "=", "0x"])
def test_a_megabyte_of_anything_takes_little_time(piece: str) -> None:
    began = time.process_time()
    for text in (piece * (1 << 20), "a = " + piece * (1 << 18), f"a = {piece}x\n" * (1 << 15)):
        try:
            load_toml(text.encode())
        except (ValueError, OverBudget) as error:
            assert str(error).isprintable()  # noqa: PT017 - not every text is refused
    assert time.process_time() - began < 20


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for load in (load_toml, load_json):
        try:
            load(text.encode("utf-8", "surrogatepass"))
        except (ValueError, OverBudget) as error:
            assert load is load_json or str(error).isprintable()  # noqa: PT017 - as above


def test_numbers_have_64_bits() -> None:
    assert load_toml(f"a = {2**63 - 1}\nb = {-(2**63)}".encode()) == {"a": 2**63 - 1, "b": -(2**63)}
    with pytest.raises(ValueError, match=r"a\.b has more than 64 bits"):
        load_toml(f"a.b = [1, {2**63}]".encode())


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, "[1]".encode("utf-16"), b"{", b"9" * 5000, b""])
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of the parser
        load_json(data)


@pytest.mark.parametrize("data", [b"[" + b"0," * 3_000_000 + b"0]", b"[" + b"[]," * 3_000_000 + b"0]"])
def test_a_document_takes_no_more_memory_than_allowed(data: bytes) -> None:
    with pytest.raises(OverBudget):
        load_json(data)


def test_a_link_is_followed_only_where_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1]")
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    found: Any = read_json(tmp_path / "b.json")
    assert found == [1]
    with pytest.raises(ValueError, match="plain file"):
        read_plain(tmp_path / "b.json", 100)
    with pytest.raises(ValueError, match="plain file"):
        read_json(tmp_path)
