#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the board's self-test image on the machines it claims to know. TAP on stdout; the arguments are
QEMU, the flat image and the ELF. Every case checks what the image says it found or computed."""
import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "common/board/tests"))
import boardtest  # noqa: E402
from boardtest import ends, expect_all  # noqa: E402

QEMU, BIN, ELF = sys.argv[1:4]
CPUS = ["cortex-a57", "cortex-a72", "neoverse-n1", "max"]
LOADED = "-device loader,addr=0x40200000,cpu-num={}"
NUMA = "".join(f" -object memory-backend-ram,id=m{i},size=1G -numa node,memdev=m{i},cpus={i}"
               for i in (0, 1))


def start(machine, cpu, smp, mem, rest):
    return boardtest.start(QEMU, f"-M virt,{machine} -cpu {cpu} -smp {smp} -m {mem} {rest}")


def kernel(args=""):
    return f"-kernel {BIN}" + (f" -append {args}" if args else "")


def passes(gic, cpu, smp):
    child = start(f"virtualization=on,gic-version={gic}", cpu, smp, "300M", kernel())
    vhe = int(cpu in ("neoverse-n1", "max"))
    expect_all(child, [f"board: {smp} CPUs, ", f"board: GICv{gic}, .* VHE {vhe}\r",
                       f"{20 * (smp - 1)} kicks answered", "selftest passed"])
    ends(child)


def passes_from_el3(gic):
    rest = f"-device loader,file={ELF},cpu-num=0 " + " ".join(LOADED.format(i) for i in (1, 2))
    child = start(f"secure=on,virtualization=on,gic-version={gic}", "cortex-a57", 3, "256M", rest)
    expect_all(child, ["board: 3 CPUs", "40 kicks answered", "selftest passed"])
    child.close(force=True)


def memory(mem, low, high, more=""):
    boardtest.memory(start("virtualization=on,gic-version=3", "max", 2, mem, kernel() + more), low, high)


def stops(word, patterns):
    child = start("virtualization=on,gic-version=3", "neoverse-n1", 2, "256M", kernel(word))
    expect_all(child, patterns + [r"backtrace:\s+\S+\s+pc"])
    ends(child)  # a panic powers off


def echoes(gic):
    boardtest.echoes(start(f"virtualization=on,gic-version={gic}", "max", 2, "256M", kernel("echo")))


def resets():
    child = start("virtualization=on,gic-version=3", "max", 2, "256M", kernel("reset"))
    for _ in range(3):  # memory that was used before is cleared, or the frames test fails
        expect_all(child, ["board: 2 CPUs", "600 blocks, aligned and zero"])
    child.close(force=True)


def says(machine, rest, text):
    child = start(machine, "cortex-a57", 1, "512M", rest)
    child.expect(text)
    child.close(force=True)


cases = [(f"{c} GICv{g} {n} CPUs", passes, g, c, n)
         for c, g, n in itertools.chain(itertools.product(CPUS, (2, 3), (2,)),
                                        itertools.product(["max"], (2, 3), (1, 8)))]
cases += [(f"entered at EL3, GICv{g}", passes_from_el3, g) for g in (2, 3)]
cases += [
    ("128 MiB", memory, "128M", 125 << 10, 128 << 10),
    ("129 MiB", memory, "129M", 126 << 10, 129 << 10),
    ("5 GiB", memory, "5G", (5 << 20) - 8192, 5 << 20),
    ("two RAM nodes", memory, "2G", (2 << 20) - 8192, 2 << 20, NUMA),
    ("console GICv2", echoes, 2),
    ("console GICv3", echoes, 3),
    ("warm reset", resets),
    ("text is read-only", stops, "wxtext", ["data abort at .*: permission, on a write"]),
    ("constants are read-only", stops, "wxrodata", ["data abort at .*: permission, on a write"]),
    ("data is not executable", stops, "exec", ["instruction abort at .*: permission"]),
    ("page 0 is not there", stops, "null", ["data abort at 0+: not mapped"]),
    ("a guard page names its CPU", stops, "guard", ["stack overflow on CPU 0"]),
    ("a guard page of another CPU too", stops, "otherguard",
     ["panic: CPU 1: stack overflow on CPU 1"]),
    ("a panic says why", stops, "panic", ["panic: CPU 0: asked for", "x28 "]),
    ("a double free is caught", stops, "doublefree", ["assertion failed: !free_already"]),
    ("EL1 is refused", says, "gic-version=3", kernel(), "boot: not at EL2"),
    ("another address is refused", says, "virtualization=on",
     f"-device loader,file={BIN},addr=0x50000000,force-raw=on "
     "-device loader,addr=0x50000000,cpu-num=0", "not at its link address"),
]

boardtest.run(cases)
