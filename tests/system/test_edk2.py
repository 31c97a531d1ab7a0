# SPDX-License-Identifier: Apache-2.0
"""Debian's EDK2 from flash: it reaches its shell, keeps its variables, and starts the kernel that it finds
in fw_cfg."""
import re

import pytest

from arches import AARCH64, RISCV64
from firmware import SHAPES, WORDS, Shell, checks_the_guest, hypervisor_only, linux_of, vm_of

GUID = "11112222-3333-4444-5555-666677778888"


@pytest.mark.parametrize("arch, gic", [(AARCH64, 3), (AARCH64, 2), (RISCV64, 0)],
                         ids=lambda v: getattr(v, "name", v))
def test_edk2_answers_at_its_shell(start, arch, gic):
    shell = Shell(start(vm_of("edk2", arch, vcpus=2, gic=gic), gic=gic, cpus=2))
    assert "UEFI Interactive Shell v2" in shell("ver")
    assert re.search(r"Total Memory: +512 MB", shell("memmap"))
    shell("set -v sum 42")
    assert "is 42" in shell("echo is %sum%")


@hypervisor_only
def test_an_efi_variable_survives_a_reset(start, arch):
    shell = Shell(start(vm_of("edk2", arch, vcpus=1), cpus=2))
    shell(f"setvar petrol -guid {GUID} -bs -rt -nv =0x11223344")
    assert "44 33 22 11" in shell(f"dmpstore petrol -guid {GUID}")
    shell(f"setvar gone -guid {GUID} -bs -rt =0x55667788")
    assert "88 77 66 55" in shell(f"dmpstore gone -guid {GUID}")
    shell.c.send("reset\r")
    shell.ready()
    assert "44 33 22 11" in shell(f"dmpstore petrol -guid {GUID}")
    assert "88 77 66 55" not in shell(f"dmpstore gone -guid {GUID}")


@pytest.mark.parametrize("arch, vcpus, gic", [(AARCH64, *s) for s in SHAPES.values()] + [(RISCV64, 2, 0)],
                         ids=[*SHAPES, "riscv64"])
def test_edk2_starts_the_kernels_efi_stub(start, arch, vcpus, gic):
    c = start(linux_of("edk2", arch, vcpus=vcpus, gic=gic), gic=gic, cpus=2)
    c.expect("EFI stub: Booting Linux Kernel", timeout=240)
    checks_the_guest(c, vcpus)
    assert re.search(r"efi: EFI v2\.\d+ by EDK II", c.output("dmesg"))
    assert f"console={arch.console} {WORDS}" in c.output("test -d /sys/firmware/efi && cat /proc/cmdline")


@hypervisor_only
def test_a_kernel_that_edk2_started_can_reboot(start, arch):
    c = start(linux_of("edk2", arch, vcpus=2), cpus=2).prompt(timeout=240)
    c.send_line("reboot -f")
    c.expect("UEFI firmware", timeout=120)
    c.expect("EFI stub: Booting Linux Kernel", timeout=240)
    checks_the_guest(c, 2)
