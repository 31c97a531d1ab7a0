# SPDX-License-Identifier: Apache-2.0
"""Counting single tests: from meson's log (the TAP lines of each executable) and from JUnit files."""
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)  # (name, what was seen)
    skips: list = field(default_factory=list)     # (name, reason)

    def ok(self, count=1):
        self.passed += count

    def fail(self, name, detail=""):
        self.failed += 1
        self.failures.append((name, detail))

    def skip(self, name, reason=""):
        self.skipped += 1
        self.skips.append((name, reason))

    def check(self, name, code, detail):
        if code == 0:
            self.ok()
        else:
            self.fail(name, detail)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.skips += other.skips


def _end(text, lines=30):
    return "\n".join((text or "").splitlines()[-lines:])


def meson(folder, tally, prefix, code):
    """Add the results of the last `meson test` in @folder, which ended with @code."""
    before = tally.failed
    log = Path(folder) / "meson-logs" / "testlog.json"
    records = [json.loads(x) for x in log.read_text().splitlines()] if log.exists() else []
    for record in records:
        _meson_test(record, tally, f"{prefix}: {record['name'].split(' / ')[-1].split(':')[-1]}")
    if not records:
        tally.fail(prefix, "meson test ran nothing")
    elif code != 0 and tally.failed == before:
        tally.fail(prefix, f"meson test ended with {code}")


def _meson_test(record, tally, name):
    lines = re.findall(r"^(ok|not ok)\b[ \d]*(?:- )?(.*)$", record.get("stdout") or "", re.M)
    bad = 0
    for verdict, what in lines:
        if re.search(r"#\s*(skip|todo)\b", what, re.I):
            tally.skip(f"{name}: {what}")
        elif verdict == "ok":
            tally.ok()
        else:
            bad += 1
            tally.fail(f"{name}: {what}", "" if bad > 1 else _meson_output(record))
    if record["result"] in ("OK", "EXPECTEDFAIL"):
        if not lines:
            tally.ok()
    elif record["result"] == "SKIP":
        if not lines:
            tally.skip(name)
    elif not bad:  # it crashed, ran out of time, or did not run all that it planned
        tally.fail(f"{name}: {record['result'].lower()}", _meson_output(record))


def _meson_output(record):
    return _end(record.get("stderr") or "") + "\n" + _end(record.get("stdout") or "")


def junit(path, tally, prefix, code):
    """Add what a JUnit file says of a pytest run that ended with @code."""
    before = tally.failed
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as err:
        tally.fail(prefix, f"no results: {err}")
        return
    for case in cases:
        name = f"{prefix}: {case.get('classname', '').split('.')[-1]}.{case.get('name')}"
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        if bad is not None:
            tally.fail(name, _end(bad.text or bad.get("message"), 100))
        elif case.find("skipped") is not None:
            tally.skip(name, case.find("skipped").get("message") or "")
        else:
            tally.ok()
    if code not in (0, 1) and tally.failed == before:
        tally.fail(prefix, "pytest found no tests" if code == 5 else f"pytest ended with {code}")
