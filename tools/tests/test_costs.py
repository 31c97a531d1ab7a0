# SPDX-License-Identifier: Apache-2.0
"""./bench: what counts as a change, the committed table and its copy in the documents, what cannot be
measured. Measuring itself is the suite "bench"."""
import json
import re
import subprocess

import pytest

import builds
import costs
import machine
import measure
import setup_host
from arches import AARCH64, ARCHES, RISCV64
from tally import Tally

HERE = {"qemu": "7.2.22", "gcc": "12.2.0", "kernel": "6.1.0-50"}
ROWS = costs.ROWS[AARCH64.name]
FIGURES = {row.key: 1.0 if "ratio" in row.key else 1000 for row in ROWS}
ROW = ROWS[0]
every_arch = pytest.mark.parametrize("arch", ARCHES.values(), ids=ARCHES)


@pytest.fixture
def table(tmp_path, monkeypatch):
    """table(rows, measured_with) is the committed table of the test."""
    def put(rows, measured_with=None):
        path.write_text(json.dumps({"rows": rows, "measured_with": measured_with or HERE}))
    path = tmp_path / "aarch64.json"
    monkeypatch.setattr(costs, "TABLES", tmp_path)
    monkeypatch.setattr(costs, "ROOT", tmp_path)
    put(FIGURES)
    return put


def compared(figures, here=None):
    tally, said = Tally(), []
    costs.compare(AARCH64, figures, here or HERE, tally, said.append)
    return tally, said


@pytest.mark.parametrize("now, before, failed, said", [
    (1000, 1000, False, ""),
    (1020, 1000, False, ""),
    (1021, 1000, True, f"{ROW.key}: from 1,000 to 1,021: 2.1 % more"),
    (980, 1000, False, ""),
    (979, 1000, False, f"{ROW.key}: from 1,000 to 979: 2.1 % less"),
    (1.0201, 1.0, True, f"{ROW.key}: from 1.0000 to 1.0201: 2.0 % more"),
    (1, None, True, f"{ROW.key}: 1, but the committed table has no such row"),
    (0, 0, False, ""),
])
def test_two_per_cent_is_the_limit(now, before, failed, said):
    assert costs.change(ROW, now, before) == (said, failed)


def test_the_same_figures_pass(table):
    tally, said = compared(FIGURES)
    assert (tally.passed, tally.failed, tally.skipped, said) == (len(ROWS), 0, 0, [])


def test_each_row_can_fail_by_itself(table):
    for row in ROWS:
        tally, _ = compared({**FIGURES, row.key: FIGURES[row.key] * 1.03})
        assert [name for name, _ in tally.failures] == [f"bench aarch64 {row.key}"]


def test_a_row_that_shrank_is_said_and_passes(table):
    tally, said = compared({**FIGURES, ROW.key: 500})
    assert tally.failed == 0 and len(said) == 1 and said[0].startswith(f"{ROW.key}: from 1,000 to 500")


def test_a_row_that_was_not_measured_fails(table):
    figures = dict(FIGURES)
    del figures[ROW.key]
    tally, _ = compared(figures)
    assert tally.failures == [(f"bench aarch64 {ROW.key}", f"{ROW.key}: not measured")]


def test_a_row_that_the_table_lacks_or_nobody_measures_fails(table):
    rows = dict(FIGURES, gone=1)
    del rows[ROW.key]
    table(rows)
    tally, _ = compared(FIGURES)
    assert sorted(name for name, _ in tally.failures) == sorted([f"bench aarch64 {ROW.key}", "bench aarch64 gone"])


def test_another_kernel_leaves_out_what_depends_on_it(table):
    tally, _ = compared({**FIGURES, "boot_insns": 9999}, {**HERE, "kernel": "6.1.0-51"})
    assert tally.failed == 0 and [name for name, _ in tally.skips] == ["bench aarch64 boot_insns"]


def test_other_tools_are_named_in_a_failure(table):
    tally, _ = compared({**FIGURES, "text_bytes": 9999}, {**HERE, "gcc": "14.2.0"})
    assert "gcc 12.2.0 there, 14.2.0 here" in tally.failures[0][1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": 1, "measured_with": {}}', '{"rows": {}}'])
def test_a_damaged_table_is_an_error_of_one_line(table, text):
    costs.table_of(AARCH64).write_text(text)
    with pytest.raises(costs.TableError) as error:
        costs.committed(AARCH64)
    assert str(error.value).startswith("aarch64.json: ") and "\n" not in str(error.value)


def test_no_table_lacks_every_row(table):
    costs.table_of(AARCH64).unlink()
    tally, _ = compared(FIGURES)
    assert tally.failed == len(ROWS)


@every_arch
def test_the_committed_table_has_every_row_and_is_in_the_documents(arch):
    if not costs.table_of(arch).exists():
        pytest.skip(f"{arch.name} has not been measured yet")
    figures, measured_with = costs.committed(arch)
    assert list(figures) == [row.key for row in costs.ROWS[arch.name]]
    assert set(measured_with) == {"qemu", "gcc", "kernel"}
    assert costs.page_table(arch).search(costs.PAGE.read_text())[0] == costs.markdown(arch, figures)


def test_all_architectures_have_the_same_rows():
    assert len({tuple(row.key for row in costs.ROWS[name]) for name in ARCHES}) == 1


def test_the_printed_table_says_which_aims_are_met(table):
    lines = costs.lines(AARCH64, {**FIGURES, "hypercall": 110, "uart_read": 201}, FIGURES)
    found = {line.split()[0]: line for line in lines}
    assert len(lines) == len(ROWS) + 1
    assert " ok " in found["hypercall"] and " not met " in found["uart_read"]
    assert len({line.index("Bao") for line in (found["hypercall"], found["irqchip_read"])}) == 1


@pytest.mark.parametrize("version, api", [((7, 2), 1), ((8, 2), 1), ((9, 0), 2), ((9, 1), 3), ((10, 0), 3)])
def test_the_plugin_compiles_for_the_interface_of_each_qemu(tmp_path, version, api):
    assert measure.plugin_api(version) == api
    subprocess.run(["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared",
                    "-fPIC", f"-DPLUGIN_API={api}", "-o", tmp_path / "p.so", measure.PLUGIN], check=True)


@pytest.mark.parametrize("arch, head, magic, word", [
    (AARCH64, b"MZ\x40\xfa", b"ARM\x64", 0xfa405a4d),
    (RISCV64, b"MZ\x6f\x10\x60\x0d", b"RSC\x05", 0x0d60106f),  # c.li s4, -13 is in many programs
    (RISCV64, b"\x6f\x10\x60\x0d", b"RSC\x05", 0x0d60106f),
], ids=["arm64", "riscv EFI", "riscv"])
def test_a_kernel_is_known_by_its_header(tmp_path, arch, head, magic, word):
    image = tmp_path / "Image"
    image.write_bytes(head.ljust(56, b"\0") + magic + bytes(4))
    assert measure.first_word(arch, image) == word
    image.write_bytes(b"\x1f\x8b" + bytes(100))
    with pytest.raises(measure.MeasureError, match=f"Image: not an uncompressed {arch.name} kernel"):
        measure.first_word(arch, image)


@pytest.mark.parametrize("script, said", [
    ("echo one; echo two; exit 3", "x: QEMU ended with 3; its last line: two "),
    ("exit 1", "x: QEMU ended with 1; its last line: nothing "),
    ("kill -9 $$", "x: QEMU did not end in "),
])
def test_a_machine_that_fails_is_one_line(tmp_path, monkeypatch, script, said):
    monkeypatch.setattr(builds, "LOGS", builds.BUILD / "logs" / "tests")
    monkeypatch.setattr(machine, "qemu", lambda *_: ["sh", "-c", script])
    with pytest.raises(measure.MeasureError) as error:
        measure.run(AARCH64, "x", 64, 1, [])
    assert str(error.value).startswith(said) and "\n" not in str(error.value)


def fake_run(monkeypatch, text):
    monkeypatch.setattr(measure, "run", lambda *_: text)
    monkeypatch.setattr(machine, "bundle", lambda *_: "bundle")


def test_medians_are_taken_from_what_the_guest_prints(monkeypatch):
    fake_run(monkeypatch, "[axvisor] x\nbench ipi 1 22 333\r\nbench timer 4 5 6\nbench bad 1 2\n")
    assert measure.inside(AARCH64, "x", "words", 1, 1) == {"ipi": 22, "timer": 5}
    fake_run(monkeypatch, "nothing")
    with pytest.raises(measure.MeasureError, match="x: the guest reported nothing"):
        measure.inside(AARCH64, "x", "words", 1, 1)


def test_memory_that_nobody_accounts_for_is_an_error(monkeypatch):
    line = "memory: 500000 bytes own, 4096 for structures, {} for guests' RAM and tables\n"
    fake_run(monkeypatch, line.format(256 * measure.MIB + 8192))
    assert measure.ram_of(AARCH64, "x", 1) == 504096
    for rest in (256 * measure.MIB, 258 * measure.MIB):
        fake_run(monkeypatch, line.format(rest))
        with pytest.raises(measure.MeasureError, match="neither guests' RAM"):
            measure.ram_of(AARCH64, "x", 1)


def test_one_job_that_fails_does_not_take_the_others_along(monkeypatch):
    def good(arch):
        return {"a": 1}

    def bad(arch):
        raise measure.MeasureError("b: broken")
    monkeypatch.setattr(machine, "hypervisor", lambda arch: None)
    monkeypatch.setattr(measure, "plugin", lambda arch: None)
    monkeypatch.setattr(measure, "initramfs", lambda arch: None)
    monkeypatch.setattr(measure, "JOBS", (bad, good))
    assert measure.measure(AARCH64) == ({"a": 1}, ["b: broken"])


@pytest.mark.parametrize("argv", [["--frobnicate"], ["riscv128"], ["aarch64", "x86_64"]])
def test_bad_options_are_refused_in_one_line(argv):
    done = subprocess.run([builds.ROOT / "bench", *argv], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert re.fullmatch(r"bench: .*\(see ./bench --help\)\n", done.stderr)


@every_arch
def test_bench_needs_a_compiler_for_the_plugin_and_one_for_the_target(arch):
    wanted = {need.args[0] for need in setup_host.needs_bench([arch]) if need.args}
    assert {"gcc", f"{arch.prefix}gcc", arch.qemu} <= wanted
