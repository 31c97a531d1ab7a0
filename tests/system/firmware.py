# SPDX-License-Identifier: Apache-2.0
"""Firmware as Debian packages it, unmodified, in a VM: what drives it from its console."""
import re

import pytest

import console
import machine
from arches import AARCH64

hypervisor_only = pytest.mark.skipif(
    console.plain(), reason="QEMU's own flash differs: its size, its locks, and a buffered write that fails")
# Of a test whose fixtures take "arch".
aarch64_only = pytest.mark.parametrize("arch", [AARCH64], ids=["aarch64"], indirect=True)
ESCAPES = re.compile(r"\x1b\[[0-9;=]*[A-Za-z]")
WORDS = "loglevel=4"  # for a kernel; not quiet: the EFI stub is heard
SHAPES = {"GICv3": (2, 3), "GICv3, one vCPU": (1, 3), "GICv2": (2, 2), "GICv2, one vCPU": (1, 2)}
shapes = pytest.mark.parametrize("vcpus, gic", SHAPES.values(), ids=SHAPES.keys())


def image_of(firmware, arch=AARCH64):
    return machine.firmware(firmware, arch)["firmware"].read_bytes()


def vm_of(firmware, arch=AARCH64, **kwargs):
    """Without a kernel, unless one is given."""
    return machine.Vm(arch=arch, name=firmware, memory=512, **machine.firmware(firmware, arch), **kwargs)


def linux_of(firmware, arch=AARCH64, **kwargs):
    return machine.linux(arch=arch, memory=512, cmdline=f"console={arch.console} {WORDS}",
                         **machine.firmware(firmware, arch), **kwargs)


def checks_the_guest(c, vcpus):
    """At the kernel's shell: what it computes, and that it has all its CPUs."""
    c.prompt(timeout=240).agent()
    assert c.output("nproc") == f"{vcpus}\n"
    assert c.output("echo $((6 * 7)); seq 1000 | md5sum") == "42\n53d025127ae99ab79e8502aae2d9bea6  -\n"


class UBoot:
    def __init__(self, c):
        self.c = c
        self.stop_autoboot()

    def stop_autoboot(self):
        self.c.expect("Hit any key to stop autoboot", timeout=120)
        self.c.send_line("")
        self.c.expect("\n=> ")

    def __call__(self, command, timeout=120):
        """What @command prints, without its echo."""
        self.c.send_line(command)
        self.c.expect(re.escape(command[-40:]) + r"\r*\n")
        self.c.expect("(?:^|\n)=> ", timeout)
        return self.c.child.before.decode("utf-8", "replace").replace("\r", "")

    def crc(self, at, size):
        return int(re.search(r"==> ([0-9a-f]{8})", self(f"crc32 {at:#x} {size:#x}"))[1], 16)

    def words(self, at, count):
        text = self(f"md.l {at:#x} {count:#x}")
        return [int(w, 16) for line in re.findall(r"(?m)^[0-9a-f]+: ((?:[0-9a-f]{8} )+)", text)
                for w in line.split()]


class Shell:
    """The UEFI shell. It paints each character that is typed, so what it prints has to be cleaned."""

    def __init__(self, c):
        self.c = c
        self.ready()

    def ready(self):
        self.c.expect("Shell> ", timeout=240)

    def __call__(self, command):
        self.c.send(command + "\r")
        self.ready()
        return ESCAPES.sub("", self.c.child.before.decode("utf-8", "replace")).replace("\r", "")
