# SPDX-License-Identifier: Apache-2.0
"""U-Boot and EDK2 as Debian packages them, unmodified: each reaches its prompt, answers commands, drives
its flash, and starts the Debian kernel that it finds in fw_cfg."""
import re
import zlib

import pytest

import builds
import console
import fetch_guests
import machine

hypervisor_only = pytest.mark.skipif(
    console.plain(), reason="QEMU's own flash differs: its size, its locks, and a buffered write that fails")

STORE = 0x4000000  # the bank that firmware keeps its settings in
BLOCK = 0x40000
RAM = 0x40000000
CMDLINE = "console=ttyAMA0 loglevel=4"  # not quiet: the EFI stub is heard
SHAPES = {"GICv3": (2, 3), "GICv3, one vCPU": (1, 3), "GICv2": (2, 2), "GICv2, one vCPU": (1, 2)}
shapes = pytest.mark.parametrize("vcpus, gic", SHAPES.values(), ids=SHAPES.keys())


def vm_of(firmware, **kwargs):
    """Without a kernel, unless one is given."""
    return machine.Vm(name=firmware, firmware=machine.firmware(firmware), memory=512, **kwargs)


def linux_of(firmware, **kwargs):
    return machine.linux(firmware=machine.firmware(firmware), memory=512, cmdline=CMDLINE, **kwargs)


def checks_the_guest(c, vcpus):
    """At the kernel's shell: what it computes, and that it has all its CPUs."""
    c.prompt(timeout=240).agent()
    assert c.output("nproc") == f"{vcpus}\n"
    assert c.output("echo $((6 * 7)); seq 1000 | md5sum") == "42\n53d025127ae99ab79e8502aae2d9bea6  -\n"


# ---- U-Boot

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


@pytest.fixture(scope="module")
def u_boot(request, image):
    """U-Boot at its prompt, without a kernel."""
    from conftest import Starter
    starter = Starter(request.module.__name__ + "_u_boot")
    request.node.starter = starter
    yield UBoot(starter(vm_of("u-boot", vcpus=2), cpus=2))
    starter.close()


def test_u_boot_runs_from_the_flash_that_holds_it(u_boot):
    image = machine.firmware("u-boot").read_bytes()
    assert u_boot.crc(0, len(image)) == zlib.crc32(image)
    assert "U-Boot 20" in u_boot("version")
    assert int(re.search(r"start\s+= 0x([0-9a-f]+)", u_boot("bdinfo"))[1], 16) == RAM


def test_u_boot_computes_and_remembers(u_boot):
    u_boot(f"mw.l {RAM + 0x1000000:#x} 12345678 1000")
    assert u_boot.crc(RAM + 0x1000000, 0x4000) == zlib.crc32(b"\x78\x56\x34\x12" * 0x1000)
    assert u_boot.words(RAM + 0x1000000, 4) == [0x12345678] * 4
    u_boot("setexpr sum 0x1234 + 0x4321")
    assert "sum=5555" in u_boot("printenv sum")
    assert "fdt_addr=0x40000000" in u_boot("printenv fdt_addr")


def test_u_boot_finds_the_machine_in_its_device_tree(u_boot):
    u_boot("fdt addr ${fdtcontroladdr}")
    assert '"cfi-flash"' in u_boot("fdt print /flash@0 compatible")
    assert '"qemu,fw-cfg-mmio"' in u_boot("fdt print /fw-cfg@9020000 compatible")
    assert '"hvc"' in u_boot("fdt print /psci method")
    assert "2 cpu(s) online" in u_boot("qfw cpus")


@hypervisor_only
def test_u_boot_knows_its_flash(u_boot):
    banks = re.findall(r"Bank # (\d): CFI conformant flash \(\d+ x \d+\)  Size: (\d+) MB",
                       text := u_boot("flinfo"))
    assert [b[0] for b in banks] == ["1", "2"], text
    assert "Intel Extended command set" in text


@hypervisor_only
def test_flash_is_erased_programmed_and_read_back(u_boot):
    at = STORE + 2 * BLOCK
    want = [0xdeadbeef, 0x01234567, 0, 0xffffffff]
    for n, word in enumerate(want):
        u_boot(f"mw.l {RAM + 0x2000000 + 4 * n:#x} {word:x}")
    u_boot(f"protect off {at:#x} +{BLOCK:x}")
    assert "Erased" in u_boot(f"erase {at:#x} +{BLOCK:x}")
    assert u_boot.crc(at, BLOCK) == zlib.crc32(b"\xff" * BLOCK)
    assert "done" in u_boot(f"cp.b {RAM + 0x2000000:#x} {at:#x} 10")
    assert u_boot.words(at, 5) == want + [0xffffffff]
    # A larger piece, through the buffer: as much of the firmware as two blocks hold.
    assert "Erased" in u_boot(f"erase {at:#x} +{BLOCK:x}")
    assert "done" in u_boot(f"cp.b 0 {at:#x} {BLOCK:x}", timeout=300)
    assert u_boot.crc(at, BLOCK) == zlib.crc32(machine.firmware("u-boot").read_bytes()[:BLOCK])
    assert u_boot.crc(at - 0x1000, 0x1000) == zlib.crc32(b"\xff" * 0x1000)
    # Bits are only cleared without an erase.
    u_boot(f"mw.l {at:#x} 0")
    assert u_boot.words(at, 1) == [int.from_bytes(machine.firmware("u-boot").read_bytes()[:4], "little")]


@hypervisor_only
def test_the_firmwares_own_flash_cannot_be_changed(u_boot):
    image = machine.firmware("u-boot").read_bytes()
    u_boot(f"mw.l {RAM + 0x2000000:#x} 0 100")
    u_boot(f"protect off 0 +{BLOCK:x}")
    u_boot(f"erase 0 +{BLOCK:x}")
    u_boot(f"cp.b {RAM + 0x2000000:#x} 0 100")
    assert u_boot.crc(0, len(image)) == zlib.crc32(image)


@hypervisor_only
def test_the_environment_survives_a_reset_and_the_firmware_is_whole(u_boot):
    image = machine.firmware("u-boot").read_bytes()
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
    assert CMDLINE in u_boot.c.output("cat /proc/cmdline")


def test_left_alone_u_boot_boots_the_kernel(start):
    checks_the_guest(start(linux_of("u-boot", vcpus=2), cpus=2), 2)


def test_u_boot_boots_a_guest_of_ours(start):
    c = start(vm_of("u-boot", vcpus=2, kernel=machine.HELLO), cpus=2)
    c.expect("tick 5", timeout=120)
    c.send_line("12 30")
    c.expect(r"sum 42\r?\n")
    c.send_line("reboot")
    c.expect("U-Boot 20")
    c.expect("tick 5", timeout=120)


@pytest.mark.parametrize("cpus", [2, 1])
def test_flash_that_another_cpu_reads_shows_what_it_was_told_to(start, cpus):
    image = builds.BUILD / "aarch64" / "guests" / "flash.bin"
    c = start(vm_of("u-boot", vcpus=2, kernel=image), cpus=cpus)
    c.expect("an erased block is all ones: ", timeout=120)
    c.expect(r"\ndone(.*?)\r?\n", timeout=240)
    assert c.child.match[1] == b"", c.transcript()[-1000:]


# ---- EDK2

ESCAPES = re.compile(r"\x1b\[[0-9;=]*[A-Za-z]")
GUID = "11112222-3333-4444-5555-666677778888"


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


@pytest.mark.parametrize("gic", [3, 2])
def test_edk2_answers_at_its_shell(start, gic):
    shell = Shell(start(vm_of("edk2", vcpus=2, gic=gic), gic=gic, cpus=2))
    assert "UEFI Interactive Shell v2" in shell("ver")
    assert re.search(r"Total Memory: +512 MB", shell("memmap"))
    shell("set -v sum 42")
    assert "is 42" in shell("echo is %sum%")


@hypervisor_only
def test_an_efi_variable_survives_a_reset(start):
    shell = Shell(start(vm_of("edk2", vcpus=1), cpus=2))
    shell(f"setvar petrol -guid {GUID} -bs -rt -nv =0x11223344")
    assert "44 33 22 11" in shell(f"dmpstore petrol -guid {GUID}")
    shell(f"setvar gone -guid {GUID} -bs -rt =0x55667788")
    assert "88 77 66 55" in shell(f"dmpstore gone -guid {GUID}")
    shell.c.send("reset\r")
    shell.ready()
    assert "44 33 22 11" in shell(f"dmpstore petrol -guid {GUID}")
    assert "88 77 66 55" not in shell(f"dmpstore gone -guid {GUID}")


@shapes
def test_edk2_starts_the_kernels_efi_stub(start, vcpus, gic):
    c = start(linux_of("edk2", vcpus=vcpus, gic=gic), gic=gic, cpus=2)
    c.expect("EFI stub: Booting Linux Kernel", timeout=240)
    checks_the_guest(c, vcpus)
    assert re.search(r"efi: EFI v2\.\d+ by EDK II", c.output("dmesg"))
    assert CMDLINE in c.output("test -d /sys/firmware/efi && cat /proc/cmdline")


@hypervisor_only
def test_a_kernel_that_edk2_started_can_reboot(start):
    c = start(linux_of("edk2", vcpus=2), cpus=2).prompt(timeout=240)
    c.send_line("reboot -f")
    c.expect("UEFI firmware", timeout=120)
    c.expect("EFI stub: Booting Linux Kernel", timeout=240)
    checks_the_guest(c, 2)
