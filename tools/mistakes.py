# SPDX-License-Identifier: Apache-2.0
"""The suite "mistakes": known mistakes of hypervisors are put into a copy of the tree, one at a time, and the
tests named for each must then fail. tests/mistakes/*.toml holds them; see tests/mistakes/README.md."""
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import builds
import fetch_guests
import setup_host
import suites
import tally as counting

ROOT = builds.ROOT
TREE = builds.BUILD / "mistakes" / "tree"
KINDS = ("unit", "system", "check")  # how a test is named: meson test, pytest, a checker of tools/
SOUND = "none"  # the log's name without a mistake
HANGS = 124  # the status of builds.logged() after a time-out
LIMITS = {"system": 900}  # seconds
KEYS = {"name", "file", "old", "new", *KINDS}


class MistakeError(Exception):
    """One line: which entry cannot be used, and why."""


def load(folder=ROOT / "tests" / "mistakes"):
    """All entries, checked: each changes exactly one place and names a test."""
    entries = []
    for path in sorted(Path(folder).glob("*.toml")):
        for entry in tomllib.loads(path.read_text()).get("mistake", []):
            where = f"{path.name}: \"{entry.get('name', '?')}\""
            unknown = set(entry) - KEYS
            missing = {"name", "file", "old", "new"} - set(entry)
            if unknown or missing:
                raise MistakeError(f"{where}: unknown or missing: {', '.join(unknown | missing)}")
            if not any(entry.get(kind) for kind in KINDS):
                raise MistakeError(f"{where}: names no test")
            entries.append(entry)
    return entries


def spoil(entry, tree):
    """Put the mistake into @tree; returns what undoes it."""
    path = Path(tree) / entry["file"]
    text = path.read_text() if path.exists() else ""
    found = text.count(entry["old"])
    if found != 1:
        raise MistakeError(f"\"{entry['name']}\": its text occurs {found} times in {entry['file']}; "
                           "bring the entry up to date")
    path.write_text(text.replace(entry["old"], entry["new"]))
    return lambda: path.write_text(text)


def copy_tree():
    """What git knows or would add, and links to what was downloaded. The copy's builds are kept."""
    names = subprocess.check_output(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                                     "--exclude-standard"], text=True).split("\0")
    wanted = {n for n in names if n and (ROOT / n).is_file()}
    for path in list(TREE.rglob("*")) if TREE.exists() else []:
        inside = path.relative_to(TREE)
        if inside.parts[0] != "build" and path.is_file() and str(inside) not in wanted:
            path.unlink()
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    (TREE / "build").mkdir(exist_ok=True)
    for name in ("deps", "guests"):
        link = TREE / "build" / name
        (builds.BUILD / name).mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(builds.BUILD / name)


def run(argv, log, timeout=900):
    """In the copy. Returns (exit status, all it said)."""
    code, path = builds.logged(argv, f"mistakes-{log}.log", cwd=TREE, timeout=timeout,
                               env=dict(suites.SANITIZER_ENV, PYTHONPATH=str(TREE / "tools")))
    return code, path.read_text(errors="replace")


def unit(names, log):
    """The tests among @names that fail in the copy, with the lines they failed at."""
    folder = TREE / "build" / "mistakes"
    if not (folder / "build.ninja").exists():
        run(["meson", "setup", folder, TREE, builds.SANITIZE], "setup")
    code, said = run(["ninja", "-C", folder], f"build-{log}")
    if code != 0:
        raise MistakeError(f"{log}: the copy does not build:\n{said[-1500:]}")
    failed = counting.Tally()
    for name in names:
        code, said = run(["meson", "test", "-C", folder, "--no-rebuild", name], log)
        if "No suitable tests" in said:
            raise MistakeError(f"{log}: there is no test {name}")
        counting.meson(folder, failed, "", code)
    return [what.lstrip(": ") for what, _ in failed.failures]


def system(names, log):
    """As unit(). One that hangs has failed: it is given three times what all took in the sound tree."""
    python = setup_host.python_with("pytest", "pexpect") or sys.executable
    begun = time.monotonic()
    code, said = run([python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE",
                      f"--basetemp={TREE / 'build' / 'pytest'}", *names], log, LIMITS["system"])
    if log == SOUND:
        LIMITS["system"] = max(60, 3 * (time.monotonic() - begun))
    elif code == HANGS:
        return [f"{name} (no end)" for name in names]
    if code not in (0, 1):
        raise MistakeError(f"{log}: pytest ended with {code}:\n{said[-1500:]}")
    return re.findall(r"^(?:FAILED|ERROR) \S+?::(\S+)", said, re.M) or names if code else []


def check(names, log):
    return [n for n in names if run([sys.executable, "-B", n], log)[0] != 0]


def failing(entry, log):
    """The tests that @entry names and that fail in the copy as it is."""
    return [test for kind, how in zip(KINDS, (unit, system, check)) if entry.get(kind)
            for test in how(entry[kind], log)]


def sound(entries):
    """The named tests that fail in the unspoilt copy: they could prove nothing."""
    every = {kind: sorted({n for e in entries for n in e.get(kind, [])}) for kind in KINDS}
    return failing(every, SOUND)


def mistakes(tally, only=None):
    try:
        entries = [e for e in load() if only is None or re.search(only, e["name"])]
        fetch_guests.libfdt()
        copy_tree()
        wrong = sound(entries)
        if wrong:
            tally.fail("mistakes: without any", "these tests fail in the sound tree: " + ", ".join(wrong))
            return
        for number, entry in enumerate(entries, 1):
            undo = spoil(entry, TREE)
            try:
                seen = failing(entry, str(number))
            finally:
                undo()
            if seen:
                tally.ok()
                suites.say(f"{entry['name']}: seen by {seen[0]}"
                           + (f" and {len(seen) - 1} more" if len(seen) > 1 else ""))
            else:
                tally.fail(f"mistakes: {entry['name']}", "no test fails with it")
    except (MistakeError, OSError) as err:
        tally.fail("mistakes", str(err))


if __name__ == "__main__":
    result = counting.Tally()
    mistakes(result, sys.argv[1] if len(sys.argv) > 1 else None)
    for what, detail in result.failures:
        print(f"FAIL  {what}\n{detail}")
    print(f"{result.passed} passed, {result.failed} failed")
    sys.exit(1 if result.failed else 0)
