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
from vmconf import dtb

ROOT = builds.ROOT
PLUGIN = ROOT / "tools" / "bench" / "insn_marks.c"

# One instruction is one nanosecond of the machine's time and one tick of a counter; nothing of the
# host's clock or randomness gets in. CPUs that have nothing to do skip to the next timer.
REPEATABLE = ["-icount", "shift=0,sleep=off", "-seed", "1",
              "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
SECONDS = 900  # for one QEMU
MIB = 1 << 20
BOOT_MIB = 256

SHELL_MARK = "mark 2"  # bench's mark.S among the guests
GUEST_MARK = "mark 1"  # its first.S
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


def work(arch):
    return builds.BUILD / "bench" / arch.name


def log_of(arch, name):
    return builds.LOGS / f"bench-{arch.name}-{name}.log"


def run(arch, name, memory, cpus, extra, bare=True):
    """Run QEMU to its end and return what the console said. MeasureError if it had to be stopped."""
    argv = machine.qemu(memory, cpus, arch.bench_cpu, 3, "stdio", SECONDS, bare,
                        [*extra, *REPEATABLE], arch)
    builds.LOGS.mkdir(parents=True, exist_ok=True)
    log = log_of(arch, name)
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


def shown(arch, name):
    return f"({log_of(arch, name).relative_to(ROOT)})"


def bundle_of(arch, vms, *words):
    return machine.boot_args(arch.image, machine.bundle(vms, work(arch)), *words)


# ---- seen by the guest ----

def inside(arch, name, words, vcpus, cpus):
    """What guests/bench prints with @words on its command line: {row: median}."""
    vm = machine.Vm(arch=arch, name="bench", vcpus=vcpus, memory=64, kernel=arch.guests / "bench" / "bench.bin",
                    cmdline=words)
    text = run(arch, name, vm.memory + machine.HYPERVISOR_MIB, cpus, bundle_of(arch, [vm]))
    found = re.findall(r"^bench (\w+) (\d+) (\d+) (\d+)\r?$", text, re.M)
    if not found:
        raise MeasureError(f"{name}: the guest reported nothing {shown(arch, name)}")
    return {key: int(median) for key, _, median, _ in found}


def exits(arch):
    return inside(arch, "exits", "exits timer self", 1, 1)


def ipi(arch):
    return inside(arch, "ipi", "ipi", 2, 2)


def switch(arch):
    return inside(arch, "switch", "switch", 2, 1)


# ---- counted by a plugin of QEMU ----

def plugin_api(version):
    """The version of QEMU's plugin interface that QEMU @version, (major, minor), wants of us."""
    return 1 if version < (9, 0) else 2 if version < (9, 1) else 3


def plugin(arch):
    """Compile the plugin for the QEMU that is there."""
    version = setup_host.version_of(setup_host.output(arch.qemu, "--version"))
    api = plugin_api(version or (0, 0))
    path = work(arch) / f"insn_marks-{api}.so"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_mtime < PLUGIN.stat().st_mtime:
        part = path.with_suffix(".part")
        builds.step("QEMU plugin", ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC",
                                    "-fvisibility=hidden", f"-DPLUGIN_API={api}", "-o", part, PLUGIN],
                    "build-plugin.log")
        part.replace(path)
    return path


def counted(arch, name, memory, extra, first=None, bare=True):
    """Run one CPU with the plugin: ({mark: instructions before it}, console)."""
    marks = work(arch) / f"{name}.marks"
    marks.unlink(missing_ok=True)
    options = f"{plugin(arch)},out={marks},mark={arch.mark:08x},number={arch.mark_number:08x}"
    options += f",first={first:08x}" if first is not None else ""
    text = run(arch, name, memory, 1, [*extra, "-plugin", options], bare)
    found = re.findall(r"^(first|mark \d+) (\d+)$", marks.read_text() if marks.exists() else "", re.M)
    return {mark: int(count) for mark, count in reversed(found)}, text


def passed(arch, marks, mark, name):
    if mark not in marks:
        raise MeasureError(f"{name}: '{mark}' was never reached {shown(arch, name)}")
    return marks[mark]


def small_vm(arch, name="first"):
    return machine.Vm(arch=arch, name=name, vcpus=1, memory=BOOT_MIB,
                      kernel=arch.guests / "bench" / "first.bin")


def first_insn(arch):
    marks, _ = counted(arch, "first", BOOT_MIB + machine.HYPERVISOR_MIB, bundle_of(arch, [small_vm(arch)]))
    return {"first_guest_insn": passed(arch, marks, GUEST_MARK, "first")}


def first_word(arch, kernel):
    """The first instruction of an Image that no other program has: a jump, behind one of two bytes that
    does nothing on RISC-V."""
    with open(kernel, "rb") as file:
        header = file.read(64)
    if len(header) < 64 or header[56:60] != arch.kernel_magic:
        raise MeasureError(f"{kernel}: not an uncompressed {arch.name} kernel")
    return struct.unpack_from("<I", header, 2 if arch.compressed and header[0] & 3 != 3 else 0)[0]


def initramfs(arch):
    mark = newc.executable("bin/mark", (arch.guests / "bench" / "mark").read_bytes())
    return fetch_guests.initramfs(arch, "bench.cpio", [mark], SHRC)


def boot(arch, name, cmdline, bare, extra=()):
    """Boot Debian's kernel to the shell: (instructions from its first one to there, its tree)."""
    kernel = fetch_guests.kernel(arch)
    ramdisk = initramfs(arch)
    memory = BOOT_MIB
    if bare:
        vm = machine.Vm(arch=arch, vcpus=1, memory=BOOT_MIB, kernel=kernel, ramdisk=ramdisk,
                        cmdline=cmdline)
        args = bundle_of(arch, [vm])
        memory += machine.HYPERVISOR_MIB
    else:
        args = machine.boot_args(kernel, ramdisk, cmdline)
    marks, text = counted(arch, name, memory, [*args, *extra], first_word(arch, kernel), bare)
    insns = passed(arch, marks, SHELL_MARK, name) - passed(arch, marks, "first", name)
    return insns, re.search(r"^tree:\r?\n([\w+/=\s]+?):tree", text, re.M)


def with_seeds(tree):
    """The tree as it was before the kernel read it: rng-seed is made of no-ops since; kaslr-seed is zero, or
    as it was where the kernel has no use for it.
    Any seeds will do: which ones moves the count by a hundredth of a per mille."""
    _, _, structs, strings = struct.unpack(">4I", tree[:16])

    def header(name, size):
        at = tree.find(b"\0" + name.encode() + b"\0", strings) + 1
        return struct.pack(">3I", FDT_PROP, size, at - strings) if at else None

    for name, value in (("rng-seed", bytes(32)), ("kaslr-seed", KASLR_SEED)):
        new = header(name, len(value))
        old = new and (new if new in tree else struct.pack(">I", FDT_NOP) * 3)
        size = len(value) + 12
        wiped = old and (old[:4] * (size // 4) if old != new else old)
        if not old or tree.count(wiped, structs) != 1:
            raise MeasureError(f"the guest's device tree had no {name}")
        at = tree.index(wiped, structs)
        tree = tree[:at] + new + value + tree[at + size:]
    return tree


def with_firmware_nodes(arch, blob):
    """@blob and what QEMU's own firmware looks for: without it the kernel would have no timer and no
    calls. It is nothing that the kernel drives."""
    if not arch.firmware_nodes:
        return blob
    path = work(arch) / "qemu.dtb"
    builds.step("QEMU's device tree",
                machine.qemu(BOOT_MIB, 1, arch.bench_cpu, extra=["-M", f"dumpdtb={path}"], arch=arch),
                "bench-dumpdtb.log")
    tree, soc = dtb.read(blob), dtb.read(path.read_bytes()).find("soc")
    intc = tree.find("cpus").find("cpu@0").find("interrupt-controller").props["phandle"]
    for name in arch.firmware_nodes:
        node = soc.find(name)
        node.props.pop("phandle", None)
        wires = node.props.get("interrupts-extended")
        if wires:  # pairs: whose, and which of its inputs
            node.props["interrupts-extended"] = b"".join(
                intc + wires[n + 4:n + 8] for n in range(0, len(wires), 8))
        tree.nodes.append(node)
    return dtb.write(tree)


def boot_pair(arch, name, words):
    """The kernel in a VM, and on QEMU itself with the same device tree, thus the same devices."""
    cmdline = f"console={arch.console} {words}"
    ours, found = boot(arch, name, cmdline, True)
    try:
        tree = base64.b64decode(found[1])
    except (TypeError, binascii.Error):
        raise MeasureError(f"{name}: the guest did not show its device tree {shown(arch, name)}") from None
    path = work(arch) / f"{name}.dtb"
    path.write_bytes(with_firmware_nodes(arch, with_seeds(tree)))
    plain, _ = boot(arch, f"{name}-plain", cmdline, False, ["-dtb", str(path)])
    return ours, plain


def boot_quiet(arch):
    ours, plain = boot_pair(arch, "boot", "quiet loglevel=3")
    return {"boot_insns": ours, "boot_ratio": round(ours / plain, 5)}


def boot_verbose(arch):
    ours, plain = boot_pair(arch, "boot-verbose", "ignore_loglevel")
    return {"boot_ratio_verbose": round(ours / plain, 5)}


# ---- bytes ----

def size(arch):
    elf = arch.image.with_suffix(".elf")
    text = setup_host.output(f"{arch.prefix}size", "-A", str(elf)) or ""
    found = re.search(r"^\.text\s+(\d+)", text, re.M)
    if not found:
        raise MeasureError(f"{elf.relative_to(ROOT)}: {arch.prefix}size finds no .text")
    return {"image_bytes": arch.image.stat().st_size, "text_bytes": int(found[1])}


def ram_of(arch, name, vms):
    """The hypervisor's memory beside guests' RAM and their tables, as its log says. The third figure
    of the line is what proves the others: all that was given out, and not much more than the RAM."""
    text = run(arch, name, vms * BOOT_MIB + machine.HYPERVISOR_MIB, 1,
               bundle_of(arch, [small_vm(arch, f"first{n}") for n in range(vms)], "debug"))
    found = re.search(r"memory: (\d+) bytes own, (\d+) for structures, (\d+) for guests' RAM", text)
    if not found:
        raise MeasureError(f"{name}: no line about memory {shown(arch, name)}")
    own, structures, rest = map(int, found.groups())
    tables = rest - vms * BOOT_MIB * MIB
    if not 0 < tables <= vms * MIB:
        raise MeasureError(f"{name}: {tables} bytes are neither guests' RAM nor likely to be tables")
    return own + structures


def ram(arch):
    one, two = ram_of(arch, "ram-1", 1), ram_of(arch, "ram-2", 2)
    return {"ram_bytes": one, "ram_bytes_per_vm": two - one}


JOBS = (boot_quiet, boot_verbose, exits, ipi, switch, first_insn, ram, size)


def measure(arch):
    """(figures, one line for each thing that could not be measured). The machines of different jobs are
    independent: two at a time."""
    machine.hypervisor(arch)
    plugin(arch)
    initramfs(arch)  # before two jobs want it at the same time
    figures, errors = {}, []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for job in [pool.submit(job, arch) for job in JOBS]:
            try:
                figures.update(job.result())
            except (MeasureError, builds.BuildError, machine.MachineError, fetch_guests.FetchError,
                    OSError) as err:
                errors.append(str(err))
    return figures, errors


def measured_with(arch):
    """The tools and the guest that figures depend on."""
    def version(*argv):
        found = re.search(r"\d+(\.\d+)+", setup_host.output(*argv) or "")
        return found[0] if found else "unknown"

    release = re.search(rb"Linux version (\S+)", fetch_guests.kernel(arch).read_bytes())
    return {"qemu": version(arch.qemu, "--version"),
            "gcc": version(f"{arch.prefix}gcc", "-dumpfullversion"),
            "kernel": release[1].decode() if release else "unknown"}
