# SPDX-License-Identifier: Apache-2.0
"""Debian's U-Boot: it reaches its prompt and answers commands. From flash, on AArch64: it drives the flash,
and starts the kernel that it finds in fw_cfg. On RISC-V it is loaded into memory, where it runs in S-mode."""
import re
import zlib

import pytest

import fetch_guests
import machine
from arches import AARCH64, RISCV64
from conftest import Starter
from firmware import (WORDS, UBoot, aarch64_only, checks_the_guest, hypervisor_only, image_of, linux_of,
                      shapes, vm_of)

STORE = 0x4000000  # the bank that firmware keeps its settings in
BLOCK = 0x40000
riscv64_only = pytest.mark.parametrize("arch", [RISCV64], ids=["riscv64"], indirect=True)


@pytest.fixture(scope="module")
def u_boot(request, arch):
    """U-Boot at its prompt, without a kernel."""
    starter = Starter(f"{request.module.__name__}-{arch.name}", arch)
    request.node.starter = starter
    yield UBoot(starter(vm_of("u-boot", arch, vcpus=2), cpus=2))
    starter.close()


@aarch64_only
def test_u_boot_runs_from_the_flash_that_holds_it(u_boot):
    image = image_of("u-boot")
    assert u_boot.crc(0, len(image)) == zlib.crc32(image)
    assert "fdt_addr=0x40000000" in u_boot("printenv fdt_addr")


def test_u_boot_computes_and_remembers(u_boot, arch):
    at = arch.ram + 0x1000000
    u_boot(f"mw.l {at:#x} 12345678 1000")
    assert u_boot.crc(at, 0x4000) == zlib.crc32(b"\x78\x56\x34\x12" * 0x1000)
    assert u_boot.words(at, 4) == [0x12345678] * 4
    u_boot("setexpr sum 0x1234 + 0x4321")
    assert "sum=5555" in u_boot("printenv sum")


def test_u_boot_knows_its_memory(u_boot, arch):
    assert "U-Boot 20" in u_boot("version")
    assert int(re.search(r"start\s+= 0x([0-9a-f]+)", text := u_boot("bdinfo"))[1], 16) == arch.ram
    assert int(re.search(r"size\s+= 0x([0-9a-f]+)", text)[1], 16) == 512 << 20


@riscv64_only
def test_u_boot_finds_the_harts(u_boot):
    assert re.findall(r"(?m)^\s*(\d+): cpu@(\d+)", u_boot("cpu list")) == [("0", "0"), ("1", "1")]


@riscv64_only
def test_u_boot_resets_and_powers_off(start, arch):
    u_boot = UBoot(start(vm_of("u-boot", arch, vcpus=1), cpus=1))
    u_boot("setenv colour petrol")
    u_boot.c.send_line("reset")
    u_boot.stop_autoboot()
    assert "not defined" in u_boot("printenv colour")
    u_boot.c.send_line("poweroff")
    assert u_boot.c.wait_end() == 0


@aarch64_only
def test_u_boot_finds_the_machine_in_its_device_tree(u_boot):
    u_boot("fdt addr ${fdtcontroladdr}")
    assert '"cfi-flash"' in u_boot("fdt print /flash@0 compatible")
    assert '"qemu,fw-cfg-mmio"' in u_boot("fdt print /fw-cfg@9020000 compatible")
    assert '"hvc"' in u_boot("fdt print /psci method")
    assert "2 cpu(s) online" in u_boot("qfw cpus")


@aarch64_only
@hypervisor_only
def test_u_boot_knows_its_flash(u_boot):
    banks = re.findall(r"Bank # (\d): CFI conformant flash \(\d+ x \d+\)  Size: (\d+) MB",
                       text := u_boot("flinfo"))
    assert [b[0] for b in banks] == ["1", "2"], text
    assert "Intel Extended command set" in text


@aarch64_only
@hypervisor_only
def test_flash_is_erased_programmed_and_read_back(u_boot):
    at = STORE + 2 * BLOCK
    want = [0xdeadbeef, 0x01234567, 0, 0xffffffff]
    for n, word in enumerate(want):
        u_boot(f"mw.l {AARCH64.ram + 0x2000000 + 4 * n:#x} {word:x}")
    u_boot(f"protect off {at:#x} +{BLOCK:x}")
    assert "Erased" in u_boot(f"erase {at:#x} +{BLOCK:x}")
    assert u_boot.crc(at, BLOCK) == zlib.crc32(b"\xff" * BLOCK)
    assert "done" in u_boot(f"cp.b {AARCH64.ram + 0x2000000:#x} {at:#x} 10")
    assert u_boot.words(at, 5) == want + [0xffffffff]
    # A larger piece, through the buffer: as much of the firmware as two blocks hold.
    assert "Erased" in u_boot(f"erase {at:#x} +{BLOCK:x}")
    assert "done" in u_boot(f"cp.b 0 {at:#x} {BLOCK:x}", timeout=300)
    assert u_boot.crc(at, BLOCK) == zlib.crc32(image_of("u-boot")[:BLOCK])
    assert u_boot.crc(at - 0x1000, 0x1000) == zlib.crc32(b"\xff" * 0x1000)
    # Bits are only cleared without an erase.
    u_boot(f"mw.l {at:#x} 0")
    assert u_boot.words(at, 1) == [int.from_bytes(image_of("u-boot")[:4], "little")]


@aarch64_only
@hypervisor_only
def test_the_firmwares_own_flash_cannot_be_changed(u_boot):
    image = image_of("u-boot")
    u_boot(f"mw.l {AARCH64.ram + 0x2000000:#x} 0 100")
    u_boot(f"protect off 0 +{BLOCK:x}")
    u_boot(f"erase 0 +{BLOCK:x}")
    u_boot(f"cp.b {AARCH64.ram + 0x2000000:#x} 0 100")
    assert u_boot.crc(0, len(image)) == zlib.crc32(image)


@aarch64_only
@hypervisor_only
def test_the_environment_survives_a_reset_and_the_firmware_is_whole(u_boot):
    image = image_of("u-boot")
    u_boot("setenv colour petrol")
    assert "OK" in u_boot("saveenv", timeout=600)
    u_boot.c.send_line("reset")
    u_boot.stop_autoboot()
    assert "colour=petrol" in u_boot("printenv colour")
    assert u_boot.crc(0, len(image)) == zlib.crc32(image)


@shapes
def test_u_boot_boots_the_kernel_from_fw_cfg(start, vcpus, gic):
    u_boot = UBoot(start(linux_of("u-boot", vcpus=vcpus, gic=gic), gic=gic, cpus=2))
    loaded = u_boot("qfw load ${kernel_addr_r} ${ramdisk_addr_r}")
    kernel, initrd = (p.read_bytes() for p in (fetch_guests.kernel(), fetch_guests.initramfs()))
    assert f"size {len(kernel):x} initrd 0000000044000000 size {len(initrd):x}" in loaded
    assert u_boot.crc(0x40400000, len(kernel)) == zlib.crc32(kernel)
    assert u_boot.crc(0x44000000, len(initrd)) == zlib.crc32(initrd)
    u_boot.c.send_line("booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}")
    u_boot.c.expect("Starting kernel")
    checks_the_guest(u_boot.c, vcpus)
    assert f"console={AARCH64.console} {WORDS}" in u_boot.c.output("cat /proc/cmdline")


def test_left_alone_u_boot_boots_the_kernel(start):
    checks_the_guest(start(linux_of("u-boot", vcpus=2), cpus=2), 2)


def test_u_boot_boots_a_guest_of_ours(start):
    c = start(vm_of("u-boot", vcpus=2, kernel=machine.hello()), cpus=2)
    c.expect("tick 5", timeout=120)
    c.send_line("12 30")
    c.expect(r"sum 42\r?\n")
    c.send_line("reboot")
    c.expect("U-Boot 20")
    c.expect("tick 5", timeout=120)


@pytest.mark.parametrize("cpus", [2, 1])
def test_flash_that_another_cpu_reads_shows_what_it_was_told_to(start, cpus):
    image = AARCH64.guests / "flash.bin"
    c = start(vm_of("u-boot", vcpus=2, kernel=image), cpus=cpus)
    c.expect("an erased block is all ones: ", timeout=120)
    c.expect(r"\ndone(.*?)\r?\n", timeout=240)
    assert c.child.match[1] == b"", c.transcript()[-1000:]
