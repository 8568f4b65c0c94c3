"""What a submission declares: written and read back, refused with the key that is wrong, compared with its records."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import registry
from harness.base.lookalike import blank
from harness.errors import SubmissionError
from harness.runs.pairing import Choices, pair
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.submissions import (
    FILE,
    Submission,
    Tuning,
    check_against,
    method_label,
    read_submission,
    to_toml,
    write_submission,
)  # fmt: skip
from harness.verify.submissions.manifest import KEYS, MAIL, TUNING_KEYS
from harness.verify.submissions.manifest_file import MAX_BYTES, MAX_LINE, from_toml
from support.handwritten import handwritten
from support.paths import ROOT

GOOD = Submission(
    rules="1.0", name="My Method (v2)", version="2.1", authors=("Ada Lovelace", "Zoë Müller"),
    url="https://example.org/method?v=2#top", contact="ada@example.org", licence="Apache-2.0 OR MIT",
    surrogates="clockwork", surrogates_hash="0" * 64, method="mine[eta=4]", axis="epoch", continuation=True,
    tuning=Tuning('eta, "by hand"', 1200, "none"),
)  # fmt: skip
TEXT = to_toml(GOOD)
ONE_AUTHOR = TEXT.replace('[\n  "Ada Lovelace",\n  "Zoë Müller",\n]', '["A"]')
"""With one key to a line."""


# ---- the manifest


def test_a_submission_is_written_literally() -> None:
    expected = f"""\
schema = 1
rules = "1.0"
name = "My Method (v2)"
version = "2.1"
authors = [
  "Ada Lovelace",
  "Zoë Müller",
]
url = "https://example.org/method?v=2#top"
contact = "ada@example.org"
licence = "Apache-2.0 OR MIT"
surrogates = "clockwork"
surrogates_hash = "{"0" * 64}"
method = "mine[eta=4]"
axis = "epoch"
continuation = true
deterministic = false

[tuning]
what = "eta, \\"by hand\\""
evaluations = 1200
meta_learning = "none"
"""
    assert expected == TEXT


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert write_submission(tmp_path, GOOD) == tmp_path / FILE
    assert read_submission(tmp_path) == GOOD
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


def lines(longest: int) -> st.SearchStrategy[str]:
    """Anything that may stand in one line."""
    odd = st.sampled_from(["\\", '"', "'", "#", "[x]", "\\n", "\\u0041", "é", "日本", "𝕏", '"""', "= 1"])
    plain = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=10)
    joined = st.lists(st.one_of(odd, plain), min_size=1, max_size=8).map(" ".join)
    cut = joined.map(lambda t: t[:longest].strip())
    return cut.filter(lambda t: bool(t) and t.isprintable() and not any(map(blank, t)))


WORD = string.ascii_letters + string.digits
SUBMISSIONS = st.builds(
    Submission,
    rules=st.sampled_from(["1.0", "2.13", "1.0.7"]),
    name=st.text(WORD + " ._+-()", max_size=58).map(lambda t: f"a{t}."),
    version=st.text(WORD + "._+-", max_size=30).map(lambda t: f"0{t}"),
    authors=st.lists(lines(100), min_size=1, max_size=5).map(tuple),
    url=st.text(WORD + "._~:/?#@&+,;=%-", max_size=200).map(lambda t: f"https://a-1.example:8080/{t}"),
    contact=st.one_of(st.from_regex(MAIL, fullmatch=True).filter(lambda t: len(t) < 300), st.just("http://a.b/c")),
    licence=st.sampled_from(["MIT", "NOASSERTION", "GPL-3.0-or-later WITH x", "(MIT OR Apache-2.0) AND BSD-2-Clause"]),
    surrogates=st.sampled_from(["lite-1", "jahs-1.1.0"]),
    surrogates_hash=st.text("0123456789abcdef", min_size=64, max_size=64),
    method=lines(300),
    axis=st.sampled_from(["", "epoch", "N", "a_b-3"]),
    continuation=st.booleans(),
    deterministic=st.booleans(),
    tuning=st.builds(Tuning, what=lines(1000), evaluations=st.integers(1, 10**12), meta_learning=lines(1000)),
)


@given(SUBMISSIONS)
def test_every_submission_is_read_back_the_same(submission: Submission) -> None:
    assert from_toml(to_toml(submission).encode()) == submission


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_whatever_the_file_holds_it_is_an_error_of_the_submission(content: bytes) -> None:
    with pytest.raises(SubmissionError):
        from_toml(content)


@given(st.data())
def test_a_changed_byte_is_read_or_refused_by_name(data: st.DataObject) -> None:
    content = bytearray(TEXT.encode())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SubmissionError):
        assert from_toml(to_toml(from_toml(bytes(content))).encode()) == from_toml(bytes(content))


def changed(key: str, value: str) -> str:
    """The good text with another value for a key, raw TOML."""
    lines = ONE_AUTHOR.splitlines()
    (at,) = (i for i, line in enumerate(lines) if line.startswith(f"{key} = "))
    return "\n".join([*lines[:at], f"{key} = {value}", *lines[at + 1 :]]) + "\n"


BAD = [
    ("schema", "2", "schema is 2; this version reads schema 1"),
    ("rules", '"one"', "rules 'one' is not a version such as 1.0"),
    ("rules", "1.0", "rules must be text, not a real number"),
    ("name", '""', "name must not be empty"),
    ("name", '" a"', "name must not be empty, nor begin or end with a space"),
    ("name", f'"{"a" * 61}"', "name has 61 characters; at most 60 are taken"),
    ("name", '"<b>x</b>"', "name '<b>x</b>' is not a name of letters"),
    ("name", '"a|b"', "name 'a|b' is not a name of letters"),
    ("name", '"[a](b)"', "is not a name of letters"),
    ("name", '"../a"', "is not a name of letters"),
    ("name", r'"a\nb"', r"name must be one line without control or invisible characters, not 'a\nb'"),
    ("name", r'"a\u001bb"', r"invisible characters, not 'a\x1bb'"),
    ("name", '"Аda"', r"name '\u0410da' is not a name of letters"),
    ("name", '"Aux"', "name 'Aux' is the name of a device on Windows, where no folder can have this name"),
    ("name", '"com1.x"', "name 'com1.x' is the name of a device on Windows"),
    ("version", "2", "version must be text, not a whole number"),
    ("version", '"2 b"', "version '2 b' is not a version of letters, digits and . _ + -"),
    ("authors", "[]", "authors must name 1 to 100 people, not 0"),
    ("authors", '"Ada"', "authors must be a list, not text"),
    ("authors", '["Ada", 3]', "an author in authors must be text, not a whole number"),
    ("authors", '["A\u202eda"]', r"invisible characters, not 'A\u202eda'"),
    ("authors", '["\u3164"]', r"one line without control or invisible characters"),
    ("url", '"ftp://example.org"', "url 'ftp://example.org' is not an http or https address"),
    ("url", '"javascript:alert(1)"', "is not an http or https address"),
    ("url", '"https://a.b/<x>"', "is not an http or https address"),
    ("url", '"https://a.b/c d"', "is not an http or https address"),
    ("url", '"https://a.b/)[x](y"', "is not an http or https address"),
    ("url", '"https://real.org@evil.org/"', "is not an http or https address"),
    ("url", '"https://a.b/|c"', "is not an http or https address"),
    ("url", f'"https://a.b/{"c" * 300}"', "url has 312 characters; at most 300 are taken"),
    ("contact", '"Ada"', "contact 'Ada' is not an e-mail address or an http(s) address"),
    ("licence", '"do what you want!"', "licence 'do what you want!' is not an SPDX licence expression"),
    ("surrogates", '"../lite-1"', "surrogates '../lite-1' is not the name of a surrogate set"),
    ("surrogates_hash", '"12ab"', "surrogates_hash '12ab' is not 64 hexadecimal digits"),
    ("surrogates_hash", f'"{"A" * 64}"', "is not 64 hexadecimal digits in lower case"),
    ("method", "true", "method must be text, not true or false"),
    ("method", f'"{"m" * 301}"', "method has 301 characters"),
    ("axis", "[]", "axis must be text, not a list"),
    ("axis", '"epoch, N"', "axis 'epoch, N' is not the name of a fidelity axis"),
    ("continuation", "1", "continuation must be true or false, not a whole number"),
    ("continuation", '"yes"', "continuation must be true or false, not text"),
    ("deterministic", "2022-11-28", "deterministic must be true or false, not a date or time"),
    ("what", '""', "tuning.what must not be empty"),
    ("what", '"nothing"', "tuning.what is 'nothing', but tuning.evaluations is 1,200; say what they were for"),
    ("evaluations", "-1", "tuning.evaluations must be from 0 to"),
    ("evaluations", "true", "tuning.evaluations must be a whole number, not true or false"),
    ("evaluations", "12.0", "tuning.evaluations must be a whole number, not a real number"),
    ("evaluations", "1e9", "tuning.evaluations must be a whole number, not a real number"),
    ("evaluations", "nan", "tuning.evaluations must be a whole number, not a real number"),
    ("evaluations", "9" * 4000, "has more than 64 bits"),
    ("meta_learning", "[1]", "tuning.meta_learning must be text, not a list"),
    ("meta_learning", f'"{"x" * 1001}"', "tuning.meta_learning has 1,001 characters; at most 1000 are taken"),
]


@pytest.mark.parametrize(("key", "value", "message"), BAD, ids=lambda v: str(v)[:30].encode("unicode-escape").decode())
def test_a_wrong_value_is_named(key: str, value: str, message: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(changed(key, value), encoding="utf-8")
    with pytest.raises(SubmissionError) as caught:
        read_submission(tmp_path)
    told = str(caught.value)
    assert told.startswith(f"{tmp_path / FILE}: ")
    assert message in told
    assert told.isprintable()
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_named(key: str) -> None:
    if key == "tuning":
        kept = ONE_AUTHOR[: ONE_AUTHOR.index("[tuning]")]
    else:
        kept = "".join(line + "\n" for line in ONE_AUTHOR.splitlines() if not line.startswith(f"{key} = "))
    with pytest.raises(SubmissionError, match=f"^{key} is missing$"):
        from_toml(kept.encode())


@pytest.mark.parametrize("key", TUNING_KEYS)
def test_a_missing_key_of_the_tuning_is_named(key: str) -> None:
    kept = "".join(line + "\n" for line in TEXT.splitlines() if not line.startswith(f"{key} = "))
    with pytest.raises(SubmissionError, match=rf"^tuning\.{key} is missing$"):
        from_toml(kept.encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "are missing"),
        (f'score = "1"\n{TEXT}'.encode(), "unknown key 'score'; known are schema, rules"),
        (f'license = "MIT"\n{TEXT}'.encode(), r"unknown key 'license' \(did you mean licence\?\)"),
        (f"{TEXT}trials = 3\n".encode(), "unknown key 'tuning.trials'; known are what, evaluations, meta_learning"),
        (f'"a\\u001b" = 1\n{TEXT}'.encode(), r"unknown key 'a\\x1b'"),
        (f"{TEXT}what = 1\n".encode(), "it is not TOML: Cannot overwrite a value"),
        (TEXT.encode()[:100], "it is not TOML"),
        (b"\xff\xfe" + TEXT.encode(), r"it is not UTF-8 text \(byte 0\)"),
        (TEXT.replace("ë", "\0").encode(), "it holds NUL characters"),
        (TEXT.replace("ë", "\x07").encode(), "it is not TOML"),
        (TEXT.encode("utf-16"), "it is not UTF-8 text"),
        (b"a" + b".a" * 30000 + b"=1", "it has a line of 60,003 characters; at most 4,096 are read"),
        (b"a = " + b"[\n" * 30000, "nested more than 16 levels deep in line 17"),
        (b"a = " + b"9" * 4050 + b"9\n", "has more than 64 bits"),
        (changed("what", '"x"').replace("[tuning]", "[[tuning]]").encode(), "tuning must be a table, not a list"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(SubmissionError, match=message):
        from_toml(content)


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(SubmissionError, match=r"it has a line of \S+ characters"):
        from_toml(changed("evaluations", "9" * MAX_LINE).encode())


def test_a_folder_without_a_manifest_and_other_things_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="there is no such file; harness submit writes one"):
        read_submission(tmp_path)
    (tmp_path / FILE).mkdir()
    with pytest.raises(SubmissionError, match="must be a plain file"):
        read_submission(tmp_path)
    (tmp_path / FILE).rmdir()
    (tmp_path / "real.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / FILE).symlink_to("real.toml")
    with pytest.raises(SubmissionError, match="must be a plain file, not a link"):
        read_submission(tmp_path)
    (tmp_path / FILE).unlink()
    os.mkfifo(tmp_path / FILE)  # opening it would wait for ever
    with pytest.raises(SubmissionError, match="must be a plain file"):
        read_submission(tmp_path)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(TEXT + "#\n" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(SubmissionError, match=r"it has \d+,\d+ bytes; at most 65,536 are read"):
        read_submission(tmp_path)


def test_a_folder_of_a_hostile_name_cannot_write_lines_into_a_log(tmp_path: Path) -> None:
    folder = tmp_path / "a\n::error::x"
    folder.mkdir()
    with pytest.raises(SubmissionError) as caught:
        read_submission(folder)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "slug"),
    [("My Method (v2)", "my-method-v2"), ("TPE+", "tpe+"), ("a.b", "a.b"), ("A..", "a"), ("x  (y) - z", "x-y-z")],
)
def test_the_folder_is_named_after_the_submission(name: str, slug: str) -> None:
    assert dataclasses.replace(GOOD, name=name).slug == slug


@given(SUBMISSIONS)
def test_every_name_gives_a_plain_folder_name(submission: Submission) -> None:
    assert submission.slug
    assert set(submission.slug) <= set(string.ascii_lowercase + string.digits + "._+-")
    assert submission.slug[0] not in ".-"


def test_a_submission_is_checked_when_it_is_made() -> None:
    with pytest.raises(SubmissionError, match="url 'x' is not an http"):
        dataclasses.replace(GOOD, url="x")
    tuning: Any = {"what": "nothing"}
    with pytest.raises(SubmissionError, match="tuning must be a table"):
        dataclasses.replace(GOOD, tuning=tuning)


# ---- a manifest against a record


@pytest.fixture
def spec(clockwork: SurrogateSet) -> Any:
    return pair(registry.leaderboard_of("cifar10/single/mf"), clockwork, handwritten(object), Choices(axis="N")).spec


@pytest.fixture
def declared(clockwork: SurrogateSet) -> Submission:
    return dataclasses.replace(GOOD, surrogates_hash=clockwork.hash, method="mine", axis="N")


def test_a_record_that_is_what_was_declared(declared: Submission, spec: Any) -> None:
    assert check_against(declared, spec) == []
    assert (spec.label, method_label(spec)) == ("mine[axis=N]", "mine")


@pytest.mark.parametrize("version", ["1.0.0", "1.0.9"])
def test_rules_of_the_same_major_and_minor_version_are_comparable(
    declared: Submission, spec: Any, version: str
) -> None:
    assert check_against(dataclasses.replace(declared, rules=version), spec) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rules": "1.1"}, "it was submitted under rules 1.1; this leaderboard has rules 1.0"),
        ({"surrogates": "toy"}, "the submission declares surrogates = 'toy', but the record has 'clockwork'"),
        ({"surrogates_hash": "1" * 64}, f"the submission declares surrogates_hash = '{'1' * 64}', but the record has"),
        ({"method": "other"}, "the submission declares method = 'other', but the record has 'mine'"),
        ({"axis": "epoch"}, "the submission declares axis = 'epoch', but the record has 'N'"),
        ({"axis": ""}, "the submission declares axis = '', but the record has 'N'"),
        ({"continuation": False}, "the submission declares continuation = false, but the record has true"),
        (
            {"name": "Random Search"},
            "the name 'Random Search' is the name of a method of the harness; choose another name",
        ),
    ],
)
def test_a_record_that_is_not_what_was_declared(
    declared: Submission, spec: Any, change: dict[str, Any], sentence: str
) -> None:
    (told,) = check_against(dataclasses.replace(declared, **change), spec)
    assert told.startswith(sentence)


def test_an_axis_that_does_not_exist_and_runs_that_no_leaderboard_has(declared: Submission, spec: Any) -> None:
    bb = dataclasses.replace(spec, leaderboard="cifar10/single/bb", axes=())
    assert check_against(declared, bb) == []  # the axis is for setting mf
    (told,) = check_against(dataclasses.replace(declared, axis="depth"), bb)
    assert told == "the submission declares axis = 'depth'; the axes are N, W, Resolution, epoch"
    odd = dataclasses.replace(bb, workers=4, space="hpo")
    wrong = check_against(dataclasses.replace(declared, method="mine[space=hpo,workers=4]"), odd)
    assert [w.partition(";")[0] for w in wrong] == [
        "it was run on the derived space 'hpo'", "it was run with 4 simulated workers",
    ]  # fmt: skip
    (told,) = check_against(declared, dataclasses.replace(spec, leaderboard="cifar10/single/nonsense"))
    assert "unknown leaderboard" in told


# ---- the rules


def test_the_rules_name_their_version() -> None:
    rules = (ROOT / "protocols" / "README.md").read_text(encoding="utf-8")
    assert rules.startswith(f"# Rules of the leaderboards, version {registry.suite().rules}\n")
    assert all(f"**{word}**" in rules for word in ("tuning", "meta-learning", "fingerprinting", "`reproduced`"))
