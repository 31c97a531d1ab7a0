# SPDX-License-Identifier: Apache-2.0
"""What the commands rely on: this machine's package sources in both forms, apt's complaints in one line,
single tests counted right, archives that are the same every time."""
import json
import subprocess
import sys

import pytest

import builds
import debian
import fetch_guests
import newc
import setup_host
import suites
from arches import AARCH64, ARCHES, RISCV64
from tally import Tally, junit, meson

ONE_LINE = "deb [signed-by=/k.gpg arch=amd64] http://mirror.invalid/debian bookworm main contrib\n"
DEB822 = ("Types: deb deb-src\nURIs: http://mirror.invalid/debian\nSuites: bookworm bookworm-updates\n"
          "Components: main\nSigned-By: /k.gpg\n")


@pytest.mark.parametrize("name, text, suites_found", [
    ("sources.list", ONE_LINE, "bookworm"),
    ("sources.list.d/debian.list", "# deb http://x.invalid/ bookworm main\n" + ONE_LINE, "bookworm"),
    ("sources.list.d/debian.sources", DEB822, "bookworm bookworm-updates"),
    ("sources.list.d/debian.sources", "Types: deb\nURIs: http://x.invalid\nSuites: other\n"
                                      "Components: main\n\n" + DEB822, "bookworm bookworm-updates"),
    ("sources.list.d/off.sources", DEB822 + "Enabled: no\n", None),
    ("sources.list.d/debian.disabled", DEB822, None),
    ("sources.list", "deb http://x.invalid/apt tool-bookworm main\n", None),
])
def test_sources_of_this_machine_are_found(tmp_path, name, text, suites_found):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    found = debian.debian_sources(tmp_path, "bookworm", "arm64")
    assert len(found) == (suites_found is not None)
    if found:
        lines = found[0].splitlines()
        assert f"Suites: {suites_found}" in lines and "Signed-By: /k.gpg" in lines
        assert "URIs: http://mirror.invalid/debian" in lines and "Architectures: arm64" in lines


def test_another_suite_comes_from_the_same_archives(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        DEB822 + "Trusted: yes\n\n" + DEB822.replace("bookworm bookworm-updates", "bookworm-security"))
    found = debian.debian_sources(tmp_path, "bookworm", "riscv64", "trixie")
    assert [[x for x in s.splitlines() if x.startswith("Suites")] for s in found] == [
        ["Suites: trixie trixie-updates"], ["Suites: trixie-security"]]
    assert all("Signed-By: /k.gpg\n" in s and "Architectures: riscv64\n" in s and "Trusted" not in s
               for s in found)


@pytest.mark.parametrize("arch, item, variable", [
    (AARCH64, "kernel", "AXVISOR_GUEST_KERNEL"),
    (AARCH64, "kernel-6.12", "AXVISOR_GUEST_KERNEL_6_12"),
    (AARCH64, "kernel-rt", "AXVISOR_GUEST_KERNEL_RT"),
    (AARCH64, "u-boot", "AXVISOR_GUEST_U_BOOT"),
    (RISCV64, "kernel", "AXVISOR_GUEST_KERNEL_RISCV64"),
    (RISCV64, "kernel-6.12", "AXVISOR_GUEST_KERNEL_RISCV64_6_12"),
    (RISCV64, "busybox", "AXVISOR_GUEST_BUSYBOX_RISCV64"),
    (RISCV64, "libfdt", "AXVISOR_LIBFDT_RISCV64"),
    (RISCV64, "edk2", "AXVISOR_GUEST_EDK2_RISCV64"),
])
def test_what_the_environment_names_is_not_fetched(tmp_path, monkeypatch, arch, item, variable):
    (tmp_path / "given").write_bytes(b"given")
    monkeypatch.setenv(variable, str(tmp_path / "given"))
    assert fetch_guests.items(arch)[item](arch).read_bytes() == b"given"


@pytest.mark.parametrize("arch", ARCHES.values(), ids=ARCHES)
def test_the_message_without_a_network_names_the_variables(arch):
    words = fetch_guests.without(arch)
    assert f"AXVISOR_LIBFDT{arch.variables}=" in words and f"AXVISOR_GUEST_KERNEL{arch.variables}" in words


@pytest.mark.parametrize("text, line", [
    ("E: Unable to locate package cpppcheck\n", "not in this machine's apt sources: cpppcheck"),
    ("E: Package 'lcov' has no installation candidate\n", "not in this machine's apt sources: lcov"),
    ("W: Failed to fetch http://x.invalid  Temporary failure resolving 'x'\n",
     "no network: apt cannot reach its sources"),
    ("something else", None),
])
def test_what_apt_says_becomes_one_line(text, line):
    assert setup_host.apt_failure(text) == line


@pytest.mark.parametrize("argv", [["--vcpus", "0"], ["--vcpus", "9", "--gic", "2"], ["--gic", "4"],
                                  ["--guest", "/nonexistent"], ["--memory", "much"], ["--frobnicate"],
                                  ["riscv128"], ["--bundle", "/nonexistent"], ["--timeout", "-1"],
                                  ["--exec", "true", "--guest", "hello"], ["--kernel", "6.13"],
                                  ["--kernel", "rt", "--guest", "hello"], ["--qemu-args", "'"],
                                  ["riscv64", "--gic", "3"], ["riscv64", "--kernel", "rt"],
                                  ["riscv64", "--firmware", "edk2", "--guest", "hello"]])
def test_run_refuses_bad_options_in_one_line(argv):
    done = subprocess.run([builds.ROOT / "run", *argv], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("run: "), done.stderr


def test_an_unknown_suite_is_one_line():
    done = subprocess.run([builds.ROOT / "test", "unti"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "'unti'" in done.stderr


@pytest.mark.parametrize("stdout, result, counts", [
    ("1..2\nok 1 - one\nok 2 - two\n", "OK", (2, 0, 0)),
    ("1..2\nok 1 - one\nnot ok 2 - two\n", "FAIL", (1, 1, 0)),
    ("1..2\nok 1 - one\nnot ok 2 # SKIP two\n", "OK", (1, 0, 1)),
    ("1..2\nok 1 - one\n", "ERROR", (1, 1, 0)),
    ("", "TIMEOUT", (0, 1, 0)),
    ("free text\n", "OK", (1, 0, 0)),
])
def test_meson_results_are_counted(tmp_path, stdout, result, counts):
    (tmp_path / "meson-logs").mkdir()
    record = {"name": "axvisor:unit / x", "stdout": stdout, "result": result}
    (tmp_path / "meson-logs" / "testlog.json").write_text(json.dumps(record) + "\n")
    tally = Tally()
    meson(tmp_path, tally, "unit", int(result != "OK"))
    assert (tally.passed, tally.failed, tally.skipped) == counts


def test_a_run_that_tested_nothing_has_failed(tmp_path):
    tally = Tally()
    meson(tmp_path, tally, "unit", 0)
    junit(tmp_path / "none.xml", tally, "system", 0)
    assert (tally.passed, tally.failed) == (0, 2)


def test_coverage_sums_lines_of_all_tracefiles(tmp_path):
    path = builds.ROOT / "libs" / "axbase" / "src" / "x.c"
    (tmp_path / "a").write_text(f"SF:{path}\nDA:1,0\nDA:2,0\nend_of_record\n")
    (tmp_path / "b").write_text(f"SF:{path}\nDA:2,5\nend_of_record\nSF:/usr/include/y.h\nDA:1,1\n")
    assert suites.per_library(suites.read_info(tmp_path / "a", tmp_path / "b")) == {"axbase": (2, 1)}


def test_an_initramfs_is_the_same_every_time():
    entries = [newc.folder("bin"), newc.executable("init", b"#!/bin/sh\n"), newc.link("a", "b")]
    first = newc.archive(entries)
    assert first == newc.archive(entries) and len(first) % 512 == 0
    assert first.startswith(b"070701") and b"TRAILER!!!" in first


def test_setup_names_its_usage():
    done = subprocess.run([sys.executable, builds.ROOT / "tools" / "setup_host.py", "dance"],
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 0 and "run|bench|test" in done.stderr
