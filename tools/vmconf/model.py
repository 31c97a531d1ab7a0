# SPDX-License-Identifier: Apache-2.0
"""A VM's configuration as plain values, and its limits. The limits and the order of things are those of
libs/axconf/include/axconf/vm.h; AUTO stands for "choose for me"."""
from dataclasses import dataclass, field

from .doc import AUTO

NAME_MAX, PATH_MAX, CMDLINE_MAX, MODEL_MAX, COMPATIBLE_MAX = 32, 128, 1024, 16, 128
MAX_VCPUS, MAX_MEM, MAX_DEVICES, MAX_PASSTHROUGH = 16, 8, 16, 16
MAX_PCPUS = 64
PAGE = 4096
PROT = {"r": 1, "w": 2, "x": 4}
MEM_KINDS = ("eager", "lazy", "identity")
INTCS = ("gicv2", "gicv3", "plic")
IMAGES = ("kernel", "ramdisk", "dtb", "bios")
# What AxVisor's device type 2 is, where RAM begins by default, and which interrupts devices may have.
ARCHES = {
    "aarch64": {"console": "pl011", "ram": 0x40000000, "intcs": ("gicv2", "gicv3"), "irqs": (32, 1019)},
    "riscv64": {"console": "ns16550a", "ram": 0x80000000, "intcs": ("plic",), "irqs": (1, 1023)},
    "x86_64": {"console": "ns16550a", "ram": 0, "intcs": (), "irqs": (1, 1023)},
}
MODELS = {"pl011", "pl031", "ns16550a", "goldfish-rtc", "virtio-mmio"}


@dataclass
class Mem:
    base: int
    size: int
    prot: int = 7
    kind: str = "eager"
    path: tuple = ()


@dataclass
class Image:
    path: str = ""
    addr: int = AUTO
    at: tuple = ()       # of the path's key
    addr_at: tuple = ()


@dataclass
class Device:
    name: str
    model: str
    base: int = AUTO
    size: int = AUTO
    irq: int = AUTO
    path: tuple = ()


@dataclass
class Passthrough:
    name: str
    base: int
    host: int
    size: int
    irq: int = AUTO
    path: tuple = ()
    compatible: list = field(default_factory=list)


@dataclass
class Vm:
    name: str = ""
    id: int = 0
    vcpus: int = 1
    vcpu_cpus: list = field(default_factory=list)  # a mask per vCPU; empty: any
    arch: str = "aarch64"  # not in the blob: chooses defaults and checks
    intc: str = ""
    entry: int = AUTO
    entry_at: tuple = ()
    images: dict = field(default_factory=lambda: {i: Image() for i in IMAGES})
    cmdline: str = ""
    mem: list = field(default_factory=list)
    devices: list = field(default_factory=list)
    passthrough: list = field(default_factory=list)


def check(doc, vm):
    """What axconf_validate() will look at again: alignment, overlaps, addresses inside memory."""
    for things, most in ((vm.mem, MAX_MEM), (vm.devices, MAX_DEVICES),
                         (vm.passthrough, MAX_PASSTHROUGH)):
        if len(things) > most:
            doc.error(things[most].path, f"is one too many: at most {most}")
    if vm.intc == "gicv2" and vm.vcpus > 8:
        doc.error(("base", "cpu_num"), f"{vm.vcpus} vCPUs, but a GICv2 has at most 8")
    for m in vm.mem:
        check_range(doc, m, ("base", "size"), PAGE)
    for p in vm.passthrough:
        check_range(doc, p, ("base", "host", "size"), PAGE)
    for d in vm.devices:
        check_range(doc, d, ("base", "size"), 4)
    check_overlaps(doc, vm)
    check_irqs(doc, vm)
    if vm.arch != "x86_64":  # whose machine has no flash
        check_firmware(doc, vm)
    if vm.entry != AUTO and not inside(vm, vm.entry):
        doc.error(vm.entry_at, f"{vm.entry:#x} is outside of the VM's memory")
    for image in vm.images.values():
        if image.addr != AUTO and not inside(vm, image.addr):
            doc.error(image.addr_at, f"{image.addr:#x} is outside of the VM's memory")


def check_firmware(doc, vm):
    """A firmware without an address is in flash: it finds its kernel in fw_cfg, and places what it loads."""
    bios, kernel, ramdisk = (vm.images[i] for i in ("bios", "kernel", "ramdisk"))
    if not bios.path or bios.addr != AUTO:
        return
    for given, at in ((vm.entry, vm.entry_at), (kernel.addr, kernel.addr_at),
                      (ramdisk.addr, ramdisk.addr_at)):
        if given != AUTO:
            doc.error(at, "is the firmware's choice: there is a bios_path without bios_load_addr")
    if ramdisk.path and not kernel.path:
        doc.error(ramdisk.at, "is given, but no kernel_path for the firmware to start")


def inside(vm, addr):
    return not vm.mem or any(m.base <= addr < m.base + m.size for m in vm.mem)


def check_range(doc, thing, fields, unit):
    for f in fields:
        value = getattr(thing, f)
        if value != AUTO and value % unit != 0:
            doc.error(thing.path, f"{f} {value:#x} is not a multiple of {unit:#x}")
    for f in fields[:-1]:
        start = getattr(thing, f)
        if AUTO not in (start, thing.size) and start + thing.size > 1 << 64:
            doc.error(thing.path, f"{f} {start:#x} and size {thing.size:#x} wrap past 64 bits")


def check_overlaps(doc, vm):
    def extent(thing):
        return thing.base, thing.base + (1 if thing.size == AUTO else thing.size) - 1

    things = [t for t in vm.mem + vm.devices + vm.passthrough if t.base != AUTO]
    for i, b in enumerate(things):
        for a in things[:i]:
            (a0, a1), (b0, b1) = extent(a), extent(b)
            if a0 <= b1 and b0 <= a1:
                doc.error(b.path, f"{title(b)} {b0:#x}-{b1:#x} overlaps {title(a)} {a0:#x}-{a1:#x}"
                          f" (line {doc.where(a.path)[0]})")


def title(thing):
    return "memory" if isinstance(thing, Mem) else f'"{thing.name}"'


def check_irqs(doc, vm):
    low, high = ARCHES[vm.arch]["irqs"]
    things = [t for t in vm.devices + vm.passthrough if t.irq != AUTO]
    for i, b in enumerate(things):
        if not low <= b.irq <= high:
            doc.error(b.path, f"irq {b.irq} is not within {low} to {high}")
        for a in things[:i]:
            if a.irq == b.irq:
                doc.error(b.path, f'irq {b.irq} of "{b.name}" is taken by "{a.name}"'
                          f" (line {doc.where(a.path)[0]})")
