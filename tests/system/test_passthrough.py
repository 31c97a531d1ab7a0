# SPDX-License-Identifier: Apache-2.0
"""Two Linux of one guest-physical layout at once, each with a device of the host and its interrupt beside
its emulated UART: a disk on virtio-mmio, whose guest's memory lies where it does in the host since the
device reads and writes it by itself; and the clock."""
import hashlib
import os
import random
import re
import subprocess

import pytest

import console
import fetch_guests
import guest_modules
import machine
import memory_work
import newc
from arches import RISCV64
from shared_console import SharedConsole, assert_quiet

pytestmark = pytest.mark.skipif(console.plain(), reason="needs the hypervisor")

ROUNDS = 10
RESETS = int(os.environ.get("AXVISOR_RESETS", "100"))
PATIENCE = 60  # turns of the other, of some seconds each
COPIES = 5  # of memory_work, where the sums are to leave time for resets
HOST_MIB = 1024
BASE = 0xB0000000  # in the host: behind the bundle, before the firmware's device tree
MIB = 192  # the kernel leaves less than on AArch64
SIZE = MIB << 20
DISK_BYTES = 4 << 20
DRIVERS = ("virtio_mmio", "virtio_blk")

# The last of QEMU's eight slots.
DISK = """
[[devices.passthrough]]
name = "disk"
base = 0x1000_8000
size = "4K"
irq = 8
compatible = "virtio,mmio"
"""
# The emulated one is left out, since it would be in its place.
CLOCK = """
[[devices.emulated]]
model = "ns16550a"
[[devices.passthrough]]
name = "clock"
base = 0x10_1000
size = "4K"
irq = 11
compatible = "google,goldfish-rtc"
"""
# First process: waits for a tick, and has the next one come while the VM is reset. On a loaded machine the
# alarm may be over before the clock has it, and then Linux makes the tick itself: another one.
AGAIN = b"""#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
came() { /bin/busybox awk '/PLIC +11/ { print ($2 + $3 > 0) }' /proc/interrupts; }
n=0; while /bin/rtc_tick && [ "$(came)" = 0 ] && [ $n -lt 10 ]; do n=$((n + 1)); done
/bin/busybox echo "again: $(came)"
/bin/rtc_tick &
/bin/busybox usleep 20000
exec /bin/busybox reboot -f
"""


class Vm(machine.Vm):
    """With a device of the host."""

    def toml(self, ident):
        return super().toml(ident) + self.device


def linux(name, device, extra, ramdisk, words=""):
    vm = Vm(arch=RISCV64, name=name, vcpus=2, memory=MIB, extra=extra,
            kernel=fetch_guests.kernel(RISCV64), ramdisk=ramdisk, cmdline=RISCV64.cmdline + words)
    vm.device = device
    return vm


@pytest.fixture(scope="module")
def ramdisk(tmp_path_factory):
    """With the drivers of the disk, and what makes the clock's interrupts."""
    tick = tmp_path_factory.mktemp("guest") / "rtc_tick"
    source = machine.ROOT / "guests" / "initramfs" / "rtc_tick.c"
    subprocess.run([RISCV64.prefix + "gcc", "-static", "-nostdlib", "-ffreestanding", "-O2", "-o",
                    str(tick), str(source)], check=True)
    entries = [newc.folder("lib"), newc.executable("bin/rtc_tick", tick.read_bytes()),
               newc.executable("again", AGAIN)]
    try:
        entries += [newc.regular(f"lib/{name}.ko", data)
                    for name, data in guest_modules.modules(RISCV64, DRIVERS).items()]
    except fetch_guests.FetchError as err:
        pytest.skip(str(err))
    return fetch_guests.initramfs(RISCV64, "initramfs-devices.cpio", entries)


class Disk:
    """An image with a sum."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(random.Random(1).randbytes(DISK_BYTES))
        self.sum = self.now()

    def now(self):
        return hashlib.md5(self.path.read_bytes()).hexdigest()


@pytest.fixture
def image(tmp_path):
    return Disk(tmp_path / "disk")


@pytest.fixture
def machine_of_two(start, image, ramdisk):
    """Its VMs are "disk" and "clock"; @words are for the clock's kernel."""
    def make(words=""):
        identity = {"kernel.memory_regions": [[BASE, SIZE, 7, 1]]}
        vms = [linux("disk", DISK, identity, ramdisk),
               linux("clock", CLOCK, {"base.memory_base": BASE}, ramdisk, words)]
        extra = ["-drive", f"file={image.path},if=none,format=raw,id=disk",
                 "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.7"]
        c = start(*vms, cpus=2, seconds=3600, memory=HOST_MIB, extra=extra)
        return SharedConsole(c, ("disk", "clock"))
    return make


def start_disk(vm, copies=memory_work.COPIES):
    vm.agent()
    for driver in DRIVERS:
        vm.output(f"insmod /lib/{driver}.ko")
    vm.output("while ! [ -b /dev/vda ]; do sleep 0.1; done")
    memory_work.teach(vm, copies)
    vm.output("disk() { echo 3 >/proc/sys/vm/drop_caches; md5sum </dev/vda | cut -d' ' -f1; }")
    return vm


def count(vm, what):
    return sum(console.counts(vm.output("cat /proc/interrupts"), what))


def layout(vm):
    return vm.output("grep 'System RAM' /proc/iomem")


def test_two_linux_of_one_layout_have_a_device_each(machine_of_two, image):
    disk, clock = machine_of_two()
    start_disk(disk)
    memory_work.teach(clock.agent())
    assert layout(disk) == layout(clock) and f"{BASE + SIZE - 1:08x}" in layout(disk)
    assert "goldfish" in clock.output("cat /sys/class/rtc/rtc0/name")
    for turn in range(ROUNDS):
        before = count(disk, "virtio0"), count(clock, "PLIC 11 ")
        for vm in (disk, clock):
            memory_work.begin(vm, vm.number, turn)
        for vm in (disk, clock):
            assert vm.answer() == memory_work.sums(vm.number, turn), (vm.name, turn)
        assert disk.output("disk") == f"{image.sum}\n", turn
        clock.output("rtc_tick")
        assert count(disk, "virtio0") > before[0], turn
        assert count(clock, "PLIC 11 ") > before[1], turn
    for vm in (disk, clock):
        assert count(vm, "ttyS0") > 0
        assert_quiet(vm)


def test_what_the_guest_writes_is_on_the_disk(machine_of_two, image):
    disk = start_disk(next(iter(machine_of_two())))
    disk.output("seq 100000 | head -c 400k | dd of=/dev/vda bs=64k seek=16 conv=notrunc,fsync")
    data = "".join(f"{i}\n" for i in range(1, 100001)).encode()[:400 << 10]
    assert image.path.read_bytes()[1 << 20:(1 << 20) + len(data)] == data
    image.sum = image.now()
    disk.leave("reboot -f")
    start_disk(disk)
    assert disk.output("disk") == f"{image.sum}\n"


def test_one_resets_a_hundred_times_while_the_other_goes_on(machine_of_two, image):
    disk, clock = shared = machine_of_two(" rdinit=/again cryptomgr.notests")
    start_disk(disk, COPIES)
    turn = resets = since = 0
    while resets < RESETS:
        memory_work.begin(disk, 0, turn % 100)
        assert disk.answer(600) == memory_work.sums(0, turn % 100, COPIES), turn
        before = count(disk, "virtio0")
        assert disk.output("disk") == f"{image.sum}\n", turn
        assert count(disk, "virtio0") > before, turn
        disk.output("sleep 2")
        turn += 1
        text = shared.demux.text[clock.name]
        assert "again: 0" not in text and "panic" not in text
        since = since + 1 if text.count("again: 1") == resets else 0
        assert since < PATIENCE, f"no reset after the {resets}th"
        resets = text.count("again: 1")
    assert_quiet(disk)


def test_a_device_is_one_vms_only(start, ramdisk):
    first = linux("first", CLOCK, {}, ramdisk)
    second = linux("second", CLOCK.replace("0x10_1000", "0x1000_1000\nhost = 0x1000_1000"), {}, ramdisk)
    c = start(first, second, cpus=1, memory=HOST_MIB)
    c.expect(r"vm second: passthrough clock: irq 11 of the host is another VM's or the hypervisor's\r?\n")
    c.prompt()


@pytest.mark.parametrize("host, irq, says", [
    (0x10000000, 12, "host address 0x10000000 is not on the board's list"),  # the console
    (0x100000, 12, "host address 0x100000 is not on the board's list"),  # powers off
    (0x0C000000, 12, "host address 0xc000000 is not on the board's list"),  # the PLIC
    (0x80000000, 12, "host address 0x80000000 is not on the board's list"),  # the firmware
    (0x10001000, 10, "irq 10 of the host is another VM's or the hypervisor's")])
def test_what_the_hypervisor_needs_is_not_given(start, ramdisk, host, irq, says):
    device = CLOCK.replace("base = 0x10_1000", f"base = 0x3000_0000\nhost = {host:#x}")
    device = device.replace("irq = 11", f"irq = {irq}").replace('model = "ns16550a"',
                                                                'model = "ns16550a"\nirq = 20')
    c = start(linux("greedy", device, {}, ramdisk), cpus=1, memory=HOST_MIB)
    c.expect(re.escape(f"vm greedy: passthrough clock: {says}"))
