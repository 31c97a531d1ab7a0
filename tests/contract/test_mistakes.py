# SPDX-License-Identifier: Apache-2.0
"""The entries of tests/mistakes fit the tree, and the suite that uses them cannot pass for nothing."""
import pytest

import builds
import mistakes
from tally import Tally

ENTRY = '[[mistake]]\nname = "n"\nfile = "f.c"\nold = "sound"\nnew = "spoilt"\nunit = ["t"]\n'


@pytest.mark.parametrize("entry", mistakes.load(), ids=lambda e: e["name"])
def test_an_entry_changes_one_place_of_this_tree(entry):
    assert (builds.ROOT / entry["file"]).read_text().count(entry["old"]) == 1
    for name in entry.get("system", []) + entry.get("check", []):
        assert (builds.ROOT / name.split("::")[0]).is_file()


@pytest.mark.parametrize("text, complaint", [
    (ENTRY.replace("unit", "units"), "units"),
    (ENTRY.replace('old = "sound"\n', ""), "old"),
    (ENTRY.replace('unit = ["t"]\n', ""), "names no test"),
])
def test_an_entry_that_cannot_be_used_is_named(tmp_path, text, complaint):
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(mistakes.MistakeError, match=f'x.toml: "n".*{complaint}'):
        mistakes.load(tmp_path)


@pytest.mark.parametrize("text, times", [("nothing", 0), ("sound sound", 2)])
def test_an_entry_out_of_date_is_named(tmp_path, text, times):
    (tmp_path / "f.c").write_text(text)
    entry = {"name": "n", "file": "f.c", "old": "sound", "new": "spoilt"}
    with pytest.raises(mistakes.MistakeError, match=f'"n": .* {times} times in f.c'):
        mistakes.spoil(entry, tmp_path)
    assert (tmp_path / "f.c").read_text() == text


def test_a_mistake_is_undone(tmp_path):
    (tmp_path / "f.c").write_text("a sound line")
    undo = mistakes.spoil({"name": "n", "file": "f.c", "old": "sound", "new": "spoilt"}, tmp_path)
    assert (tmp_path / "f.c").read_text() == "a spoilt line"
    undo()
    assert (tmp_path / "f.c").read_text() == "a sound line"


@pytest.mark.parametrize("without, with_it, counts", [
    ([], ["t: seen"], (1, 0)),
    ([], [], (0, 1)),  # nobody noticed
    (["t: broken"], ["t: broken"], (0, 1)),  # fails anyway: proves nothing
])
def test_only_a_test_that_the_mistake_breaks_counts(monkeypatch, without, with_it, counts):
    monkeypatch.setattr(mistakes, "load", lambda: [{"name": "n", "unit": ["t"]}])
    monkeypatch.setattr(mistakes.fetch_guests, "libfdt", lambda: None)
    monkeypatch.setattr(mistakes, "copy_tree", lambda: None)
    monkeypatch.setattr(mistakes, "spoil", lambda entry, tree: lambda: None)
    monkeypatch.setattr(mistakes, "failing",
                        lambda entry, log: without if log == mistakes.SOUND else with_it)
    tally = Tally()
    mistakes.mistakes(tally)
    assert (tally.passed, tally.failed) == counts
