# SPDX-License-Identifier: Apache-2.0
"""Measures the rows of ./bench: each job runs one or more machines in QEMU and gives {row: figure}.
docs/costs.md says what is counted. Nothing here depends on wall time but for an emergency stop."""
import base64
import binascii
import concurrent.futures
import re
import struct
import subprocess

import builds
import fetch_guests
import machine
import newc
import setup_host

ROOT = builds.ROOT
WORK = builds.BUILD / "bench"
GUESTS = builds.BUILD / "aarch64" / "guests"
ELF = machine.IMAGE.with_suffix(".elf")
PLUGIN = ROOT / "tools" / "bench" / "insn_marks.c"

# One instruction is one nanosecond of the machine's time and one tick of its counter; nothing of the
# host's clock or randomness gets in. CPUs that have nothing to do skip to the next timer.
CPU = "neoverse-n1,cntfrq=1000000000"
REPEATABLE = ["-icount", "shift=0,sleep=off", "-seed", "1",
              "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
SECONDS = 900  # for one QEMU
MIB = 1 << 20
BOOT_MIB = 256

QUIET = "console=ttyAMA0 quiet loglevel=3"
VERBOSE = "console=ttyAMA0 ignore_loglevel"
SHELL_MARK = "mark 2"  # guests/bench/mark.S
GUEST_MARK = "mark 1"  # guests/bench/first.S
FDT_PROP, FDT_NOP = 3, 4
KASLR_SEED = bytes(range(1, 9))
# What the shell does at its start: the mark first, then what the same boot is repeated with.
SHRC = b"""/bin/mark
dmesg -n 1
echo tree:; base64 /sys/firmware/fdt; echo :tree
poweroff
"""


class MeasureError(Exception):
    """One line: what cannot be measured, and why."""


def run(name, memory, cpus, extra, el2=True):
    """Run QEMU to its end and return what the console said. MeasureError if it had to be stopped."""
    argv = machine.qemu(memory, cpus, CPU, 3, "stdio", SECONDS, el2, [*extra, *REPEATABLE])
    builds.LOGS.mkdir(parents=True, exist_ok=True)
    log = builds.LOGS / f"bench-{name}.log"
    with open(log, "wb") as out:
        code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                              check=False).returncode
    text = log.read_text(errors="replace")
    if code != 0:
        lines = [x for x in text.splitlines() if x.strip()] or ["nothing"]
        how = f"did not end in {SECONDS} s" if code in (-9, 137) else f"ended with {code}"
        raise MeasureError(f"{name}: QEMU {how}; its last line: {lines[-1].strip()[:200]} "
                           f"({log.relative_to(ROOT)})")
    return text


# ---- seen by the guest ----

def inside(name, words, vcpus, cpus):
    """What guests/bench prints with @words on its command line: {row: median}."""
    bundle = machine.bundle([machine.Vm(name="bench", vcpus=vcpus, memory=64,
                                        kernel=GUESTS / "bench.bin", cmdline=words)], WORK)
    text = run(name, 64 + machine.HYPERVISOR_MIB, cpus, machine.boot_args(machine.IMAGE, bundle))
    found = re.findall(r"^bench (\w+) (\d+) (\d+) (\d+)\r?$", text, re.M)
    if not found:
        raise MeasureError(f"{name}: the guest reported nothing (build/logs/bench-{name}.log)")
    return {key: int(median) for key, _, median, _ in found}


def exits():
    return inside("exits", "exits timer", 1, 1)


def ipi():
    return inside("ipi", "ipi", 2, 2)


def switch():
    return inside("switch", "switch", 2, 1)


# ---- counted by a plugin of QEMU ----

def plugin_api(version):
    """The version of QEMU's plugin interface that QEMU @version, (major, minor), wants of us."""
    return 1 if version < (9, 0) else 2 if version < (9, 1) else 3


def plugin():
    """Compile the plugin for the QEMU that is there."""
    version = setup_host.version_of(setup_host.output("qemu-system-aarch64", "--version"))
    api = plugin_api(version or (0, 0))
    path = WORK / f"insn_marks-{api}.so"
    WORK.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_mtime < PLUGIN.stat().st_mtime:
        part = path.with_suffix(".part")
        builds.step("QEMU plugin", ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC",
                                    "-fvisibility=hidden", f"-DPLUGIN_API={api}", "-o", part, PLUGIN],
                    "build-plugin.log")
        part.replace(path)
    return path


def counted(name, memory, extra, first=None, el2=True):
    """Run one CPU with the plugin: ({mark: instructions before it}, console)."""
    marks = WORK / f"{name}.marks"
    marks.unlink(missing_ok=True)
    options = f"{plugin()},out={marks}" + (f",first={first:08x}" if first is not None else "")
    text = run(name, memory, 1, [*extra, "-plugin", options], el2)
    found = re.findall(r"^(first|mark \d+) (\d+)$", marks.read_text() if marks.exists() else "", re.M)
    return {mark: int(count) for mark, count in reversed(found)}, text


def passed(marks, mark, name):
    if mark not in marks:
        raise MeasureError(f"{name}: '{mark}' was never reached (build/logs/bench-{name}.log)")
    return marks[mark]


def small_vm(name="first"):
    return machine.Vm(name=name, vcpus=1, memory=BOOT_MIB, kernel=GUESTS / "bench" / "first.bin")


def first_insn():
    bundle = machine.bundle([small_vm()], WORK)
    marks, _ = counted("first", BOOT_MIB + machine.HYPERVISOR_MIB,
                       machine.boot_args(machine.IMAGE, bundle))
    return {"first_guest_insn": passed(marks, GUEST_MARK, "first")}


def first_word(kernel):
    """The first instruction of an arm64 Image, which no other program has."""
    with open(kernel, "rb") as file:
        header = file.read(64)
    if len(header) < 64 or header[56:60] != b"ARM\x64":
        raise MeasureError(f"{kernel}: not an uncompressed arm64 kernel")
    return struct.unpack("<I", header[:4])[0]


def initramfs():
    mark = newc.executable("bin/mark", (GUESTS / "bench" / "mark").read_bytes())
    return fetch_guests.initramfs("bench.cpio", [mark], SHRC)


def boot(name, cmdline, el2, extra=()):
    """Boot Debian's kernel to the shell: (instructions from its first one to there, its tree)."""
    kernel = fetch_guests.kernel()
    ramdisk = initramfs()
    memory = BOOT_MIB
    if el2:
        vm = machine.Vm(vcpus=1, memory=BOOT_MIB, kernel=kernel, ramdisk=ramdisk, cmdline=cmdline)
        args = machine.boot_args(machine.IMAGE, machine.bundle([vm], WORK))
        memory += machine.HYPERVISOR_MIB
    else:
        args = machine.boot_args(kernel, ramdisk, cmdline)
    marks, text = counted(name, memory, [*args, *extra], first_word(kernel), el2)
    insns = passed(marks, SHELL_MARK, name) - passed(marks, "first", name)
    return insns, re.search(r"^tree:\r?\n([\w+/=\s]+?):tree", text, re.M)


def with_seeds(tree):
    """The tree as it was before the kernel read it: rng-seed is made of no-ops since, kaslr-seed is zero.
    Any seeds will do: which ones moves the count by a hundredth of a per mille."""
    _, _, structs, strings = struct.unpack(">4I", tree[:16])

    def prop(name, value):
        at = tree.find(b"\0" + name.encode() + b"\0", strings) + 1
        return struct.pack(">3I", FDT_PROP, len(value), at - strings) + value if at else None

    for name, read, value in (("rng-seed", None, bytes(32)), ("kaslr-seed", bytes(8), KASLR_SEED)):
        new = prop(name, value)
        old = new and (prop(name, read) if read else struct.pack(">I", FDT_NOP) * (len(new) // 4))
        if not old or tree.count(old, structs) != 1:
            raise MeasureError(f"the guest's device tree had no {name}")
        tree = tree.replace(old, new)
    return tree


def boot_pair(name, cmdline):
    """The kernel in a VM, and on QEMU itself with the same device tree, thus the same devices."""
    ours, found = boot(name, cmdline, True)
    try:
        tree = base64.b64decode(found[1])
    except (TypeError, binascii.Error):
        raise MeasureError(f"{name}: the guest did not show its device tree "
                           f"(build/logs/bench-{name}.log)") from None
    path = WORK / f"{name}.dtb"
    path.write_bytes(with_seeds(tree))
    plain, _ = boot(f"{name}-plain", cmdline, False, ["-dtb", str(path)])
    return ours, plain


def boot_quiet():
    ours, plain = boot_pair("boot", QUIET)
    return {"boot_insns": ours, "boot_ratio": round(ours / plain, 5)}


def boot_verbose():
    ours, plain = boot_pair("boot-verbose", VERBOSE)
    return {"boot_ratio_verbose": round(ours / plain, 5)}


# ---- bytes ----

def size():
    text = setup_host.output("aarch64-linux-gnu-size", "-A", str(ELF)) or ""
    found = re.search(r"^\.text\s+(\d+)", text, re.M)
    if not found:
        raise MeasureError(f"{ELF.relative_to(ROOT)}: aarch64-linux-gnu-size finds no .text")
    return {"image_bytes": machine.IMAGE.stat().st_size, "text_bytes": int(found[1])}


def ram_of(name, vms):
    """The hypervisor's memory beside guests' RAM and their tables, as its log says. The third figure
    of the line is what proves the others: all that was given out, and not much more than the RAM."""
    text = run(name, vms * BOOT_MIB + machine.HYPERVISOR_MIB, 1, machine.boot_args(
        machine.IMAGE, machine.bundle([small_vm(f"first{n}") for n in range(vms)], WORK), "debug"))
    found = re.search(r"memory: (\d+) bytes own, (\d+) for structures, (\d+) for guests' RAM", text)
    if not found:
        raise MeasureError(f"{name}: no line about memory (build/logs/bench-{name}.log)")
    own, structures, rest = map(int, found.groups())
    tables = rest - vms * BOOT_MIB * MIB
    if not 0 < tables <= vms * MIB:
        raise MeasureError(f"{name}: {tables} bytes are neither guests' RAM nor likely to be tables")
    return own + structures


def ram():
    one, two = ram_of("ram-1", 1), ram_of("ram-2", 2)
    return {"ram_bytes": one, "ram_bytes_per_vm": two - one}


JOBS = (boot_quiet, boot_verbose, exits, ipi, switch, first_insn, ram, size)


def measure():
    """(figures, one line for each thing that could not be measured). The machines of different jobs are
    independent: two at a time."""
    machine.hypervisor()
    plugin()
    initramfs()  # before two jobs want it at the same time
    figures, errors = {}, []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for job in [pool.submit(job) for job in JOBS]:
            try:
                figures.update(job.result())
            except (MeasureError, machine.MachineError, fetch_guests.FetchError, OSError) as err:
                errors.append(str(err))
    return figures, errors


def measured_with():
    """The tools and the guest that figures depend on."""
    def version(*argv):
        found = re.search(r"\d+(\.\d+)+", setup_host.output(*argv) or "")
        return found[0] if found else "unknown"

    release = re.search(rb"Linux version (\S+)", fetch_guests.kernel().read_bytes())
    return {"qemu": version("qemu-system-aarch64", "--version"),
            "gcc": version("aarch64-linux-gnu-gcc", "-dumpfullversion"),
            "kernel": release[1].decode() if release else "unknown"}
