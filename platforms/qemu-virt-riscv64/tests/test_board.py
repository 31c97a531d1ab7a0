#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the board's self-test image on the machines it claims to know. TAP on stdout; the arguments are
QEMU and the flat image. Every case checks what the image says it found or computed."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "common/board/tests"))
from boardtest import echoes, ends, expect_all, memory, run, start  # noqa: E402

QEMU, BIN = sys.argv[1:3]


def board(args="", smp=2, mem="256M", cpu="rv64,h=true", machine="virt", more=""):
    append = f" -append {args}" if args else ""
    return start(QEMU, f"-M {machine} -cpu {cpu} -smp {smp} -m {mem} -kernel {BIN}{append} {more}")


def passes(smp, found, **machine):
    child = board(smp=smp, **machine)
    expect_all(child, [f"board: {min(smp, 8)} CPUs, ", found,
                       f"{20 * (min(smp, 8) - 1)} kicks answered", "ok: fences on other harts",
                       "selftest passed"])
    ends(child)


def stops(word, patterns):
    child = board(word)
    expect_all(child, patterns + [r"backtrace:\s+\S+\s+pc"])
    ends(child)  # a panic powers off


def resets():
    child = board("reset")
    for _ in range(3):  # memory that was used before is cleared, or the frames test fails
        expect_all(child, ["board: 2 CPUs", "600 blocks, aligned and zero"])
    child.close(force=True)


def far_memory():
    child = board(mem="300G", machine="virt,memory-backend=far",
                  more="-object memory-backend-ram,id=far,size=300G,reserve=off")
    expect_all(child, [r"memory: 0x80000000\+0x4b00000000: what is past 256 GiB is not used"])
    memory(child, (254 << 20) - 32768, 254 << 20)


def says(text, **machine):
    child = board(**machine)
    child.expect(text)
    ends(child)


STORE = "store page fault .* at 0000000080"
cases = [(f"{n} harts", passes, n, "board: sstc 1, ") for n in (1, 2, 8)]
cases += [
    ("without Sstc", lambda: passes(2, "board: sstc 0, ", cpu="rv64,h=true,sstc=off")),
    ("kicks by SSWI", lambda: passes(4, "board: sstc 1, ", machine="virt,aclint=on")),
    ("256 MiB", lambda: memory(board(mem="256M"), 253 << 10, 256 << 10)),
    ("257 MiB", lambda: memory(board(mem="257M"), 254 << 10, 257 << 10)),
    ("4 GiB", lambda: memory(board(mem="4G"), (4 << 20) - 8192, 4 << 20)),
    ("RAM that Sv39 does not reach", far_memory),
    ("console", lambda: echoes(board("echo"))),
    ("warm reset", resets),
    ("text is read-only", stops, "wxtext", [STORE]),
    ("constants are read-only", stops, "wxrodata", [STORE]),
    ("data is not executable", stops, "exec", ["instruction page fault .* at 0000000080"]),
    ("page 0 is not there", stops, "null", [r"store page fault .* at 0{16}\s"]),
    ("a guard page names its CPU", stops, "guard", ["stack overflow on CPU 0"]),
    ("a guard page of another CPU too", stops, "otherguard",
     ["panic: CPU 1: stack overflow on CPU 1"]),
    ("a panic says why", stops, "panic", ["panic: CPU 0: asked for", "x28 "]),
    ("a double free is caught", stops, "doublefree", ["assertion failed: !free_already"]),
    ("a hart without H is refused in one line", lambda: says(
        r"cpu: no H extension \(riscv,isa \"rv64imafdc_[a-z_]*\"\): run QEMU with -cpu rv64,h=true",
        cpu="rv64,h=false")),
    ("a hart without an MMU is refused", lambda: says(
        "boot: satp does not take Sv39", cpu="rv64,h=true,mmu=false")),
]

run(cases)
