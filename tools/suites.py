# SPDX-License-Identifier: Apache-2.0
"""The suites of ./test but for "contract": each takes a Tally and adds to it."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import builds
import costs
import fetch_guests
import machine
import measure
import setup_host
import tally as counting
from arches import ARCHES

ROOT = builds.ROOT
BUILD = builds.BUILD
JOBS = max(2, os.cpu_count() or 2)
FUZZ_SECONDS = 20
COVERAGE_LIMIT = 85.0  # per cent of the lines of libs/
SANITIZER_ENV = {
    "ASAN_OPTIONS": "halt_on_error=1:abort_on_error=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
}


def say(line):
    print(f"      {line}", flush=True)


def built(name, tally, prefix, extra=(), targets=()):
    """The build folder, or None when it did not build, which counts as a failed test."""
    try:
        return builds.build(name, extra, targets)
    except builds.BuildError as err:
        tally.fail(f"{prefix}: build", str(err))
        return None


def meson_test(name, tally, prefix, *args):
    code, _ = builds.logged(["meson", "test", "-C", BUILD / name, "--no-rebuild",
                             "--num-processes", JOBS, *args], f"test-{name}.log", env=SANITIZER_ENV)
    counting.meson(BUILD / name, tally, prefix, code)
    return code


def pytest(tally, prefix, paths, *args):
    """Run pytest with the python that has it, and count. Its output is in build/logs."""
    log = re.sub(r"\W+", "-", prefix)
    xml = builds.LOGS / f"{log}.xml"
    builds.LOGS.mkdir(parents=True, exist_ok=True)
    xml.unlink(missing_ok=True)
    (BUILD / "pytest").mkdir(exist_ok=True)
    python = setup_host.python_with("pytest", "pexpect") or sys.executable
    code, _ = builds.logged(
        [python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit2",
         f"--junitxml={xml}",
         f"--basetemp={BUILD / 'pytest' / log}", *args, *paths], f"{log}.log",
        env={"PYTHONPATH": str(ROOT / "tools")})
    counting.junit(xml, tally, prefix, code)


def unit(tally):
    for name, what in (("gcc", "gcc, ASan and UBSan"), ("clang", "clang, ASan and UBSan")):
        say(what)
        if built(name, tally, f"unit {what}"):
            meson_test(name, tally, f"unit {what}")


# ---- fuzz ----

def fuzz_targets(folder):
    text = subprocess.check_output(["meson", "introspect", "--targets", str(folder)], text=True)
    return sorted(Path(t["filename"][0]) for t in json.loads(text)
                  if t["type"] == "executable" and t["name"].startswith("fuzz_"))


def fuzz_one(target):
    work = BUILD / "fuzz" / "work" / target.name
    work.mkdir(parents=True, exist_ok=True)
    seeds = [p for p in (ROOT / "libs").glob(f"*/fuzz/corpus/{target.name}") if p.is_dir()]
    code, log = builds.logged(
        [target, "-seed=1", f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={work}/", *seeds], f"{target.name}.log",
        env=SANITIZER_ENV, timeout=FUZZ_SECONDS * 6)
    runs = re.search(r"number_of_executed_units:\s*(\d+)", log.read_text(errors="replace"))
    return code, log, int(runs[1]) if runs else 0


def fuzz(tally):
    folder = built("fuzz", tally, "fuzz")
    if folder is None:
        return
    targets = fuzz_targets(folder)
    if not targets:
        tally.fail("fuzz", "no fuzz entry was built")
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for target, (code, log, runs) in zip(targets, pool.map(fuzz_one, targets)):
            say(f"{target.name}: {runs} inputs")
            # An entry that rejects everything at once, or hangs, runs next to nothing.
            if code == 0 and runs < 100:
                tally.fail(target.name, f"only {runs} inputs in {FUZZ_SECONDS} s")
            else:
                tally.check(target.name, code, builds.tail(log))


# ---- coverage ----

def read_info(*paths):
    """lcov's tracefiles put together: {source: (lines, lines that ran)}."""
    files, source = {}, None
    for line in "\n".join(Path(p).read_text() for p in paths).splitlines():
        if line.startswith("SF:"):
            source = os.path.normpath(line[3:])
            files.setdefault(source, {})
        elif line.startswith("DA:"):
            number, hits = line[3:].split(",")[:2]
            files[source][int(number)] = max(files[source].get(int(number), 0), int(hits))
    return {s: (len(lines), sum(h > 0 for h in lines.values())) for s, lines in files.items()}


def per_library(files):
    """Sum over the libraries' own code: tests, fuzz entries and the test fakes are not it."""
    sums = {}
    for source, (lines, ran) in files.items():
        found = re.match(re.escape(str(ROOT)) + r"/libs/([^/]+)/(src|include)/", source)
        if found and found[1] != "axtest":
            had = sums.get(found[1], (0, 0))
            sums[found[1]] = (had[0] + lines, had[1] + ran)
    return sums


def coverage(tally):
    folder = built("coverage", tally, "coverage")
    if folder is None:
        return
    for old in folder.rglob("*.gcda"):
        old.unlink()
    scratch = counting.Tally()
    if meson_test("coverage", scratch, "coverage") != 0:
        tally.fail("coverage: tests", "\n".join(n for n, _ in scratch.failures))
    # What no test links has no counts: the "initial" capture knows its lines all the same.
    infos = (folder / "coverage.info", folder / "initial.info")
    for info, how in zip(infos, ([], ["--initial"])):
        code, log = builds.logged(["lcov", "--capture", *how, "--directory", folder,
                                   "--output-file", info], "lcov.log")
        if code != 0:
            tally.fail("coverage: lcov", builds.tail(log))
            return
    sums = per_library(read_info(*infos))
    lines, ran = (sum(v[n] for v in sums.values()) for n in (0, 1))
    percent = 100.0 * ran / lines if lines else 0.0
    for library, (some, hit) in sorted(sums.items()):
        say(f"{library:14} {100.0 * hit / some if some else 100.0:6.1f} %  of {some} lines")
    say(f"{'libs/':14} {percent:6.1f} %  of {lines} lines (at least {COVERAGE_LIMIT:.0f} %)")
    tally.check("coverage", int(percent < COVERAGE_LIMIT), f"{percent:.1f} % < {COVERAGE_LIMIT} %")


# The files of tests/system that take longest, which begin first; the others follow in any order.
LONGEST = ("test_hostile", "test_guests", "test_two_vms", "test_kernels", "test_lifecycle", "test_matrix")


def prepare_system():
    """What all tests want, before two of them want it at the same time."""
    for arch in ARCHES.values():
        if (ROOT / "platforms" / f"qemu-virt-{arch.name}").exists():
            say(f"build {arch.name}")
            machine.hypervisor(arch)
        for item in fetch_guests.items(arch).values():
            item(arch)


def system_file(path):
    own = counting.Tally()
    start = time.monotonic()
    pytest(own, f"system {path.stem.removeprefix('test_')}", [path])
    say(f"{path.stem:20}{time.monotonic() - start:7.1f} s  {own.passed:4} passed")
    return own


def system(tally):
    """Two files at a time: a test waits for a single CPU of QEMU's most of its time."""
    prepare_system()
    files = sorted((ROOT / "tests" / "system").glob("test_*.py"),
                   key=lambda p: LONGEST.index(p.stem) if p.stem in LONGEST else len(LONGEST))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for own in pool.map(system_file, files):
            tally.add(own)


def bench(tally):
    for arch in ARCHES.values():
        if not costs.committed(arch)[0]:
            tally.skip(f"bench {arch.name}", f"no table yet (./bench {arch.name} --update writes it)")
            continue
        say(arch.name)
        figures, errors = measure.measure(arch)
        for line in errors:
            tally.fail(f"bench {arch.name}", line)
        costs.compare(arch, figures, measure.measured_with(arch), tally, say)
