# SPDX-License-Identifier: Apache-2.0
"""From TOML to a Vm: AxVisor's keys and our own. docs/configuration.md has them all, with what becomes of
those that this hypervisor has no use for."""
import re

from . import model
from .doc import AUTO
from .model import Mem, Vm
from .rows import read_devices, read_memory_regions

BASE = ("id", "name", "vm_type", "guest_type", "cpu_num", "phys_cpu_ids", "phys_cpu_sets",
        "dedicated_cpus", "cpus", "arch", "intc", "memory", "memory_mib", "memory_base")
KERNEL = ("entry_point", "image_location", "kernel_path", "kernel_load_addr", "bios_path",
          "bios_load_addr", "enable_bios", "boot_protocol", "uefi_firmware_path", "dtb_path",
          "dtb_load_addr", "ramdisk_path", "ramdisk_load_addr", "disk_path", "cmdline",
          "memory_regions")
MEMORY = ("base", "size", "prot", "kind")
PROTOCOLS = {"direct": "direct", "kernel": "direct", "multiboot": "multiboot", "bios": "multiboot",
             "axvm-bios": "multiboot", "uefi": "uefi", "efi": "uefi"}


def read_vm(doc, default_id):
    """The Vm that @doc describes; what is wrong is noted in @doc."""
    vm = Vm(id=default_id)
    root = doc.table((), doc.root, ("base", "kernel", "devices", "memory"))
    base = doc.table(("base",), root.get("base", {}), BASE)
    kernel = doc.table(("kernel",), root.get("kernel", {}), KERNEL)
    read_base(doc, vm, base)
    read_cpus(doc, vm, base)
    read_images(doc, vm, kernel)
    read_kernel(doc, vm, kernel)
    read_memory(doc, vm, base, kernel, root)
    read_devices(doc, vm, root.get("devices", {}))
    model.check(doc, vm)
    return vm


def read_base(doc, vm, base):
    at = ("base", "name")
    if "name" not in base:
        doc.error(at, "is missing")
    elif (name := doc.text(at, base["name"], model.NAME_MAX)) is not None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            doc.error(at, f'"{name}" is not made of letters, digits, ".", "_" and "-" alone')
        vm.name = name
    if "id" in base:
        vm.id = doc.integer(("base", "id"), base["id"], 0, (1 << 32) - 1)
    if "arch" in base:
        vm.arch = doc.choice(("base", "arch"), base["arch"], model.ARCHES) or vm.arch
    read_types(doc, base)
    if "intc" in base:
        at = ("base", "intc")
        vm.intc = doc.choice(at, base["intc"], model.INTCS) or ""
        if "arch" not in base and vm.intc == "plic":
            vm.arch = "riscv64"
        if vm.intc and vm.intc not in model.ARCHES[vm.arch]["intcs"]:
            doc.error(at, f'"{vm.intc}" does not go with arch "{vm.arch}"')
    elif vm.arch == "riscv64":
        vm.intc = "plic"


def read_types(doc, base):
    """The kinds of guest that AxVisor tells apart, and that are all one here."""
    if "vm_type" in base:
        at = ("base", "vm_type")
        kind = doc.integer(at, base["vm_type"], 0, 2)
        if kind == 0:
            doc.error(at, "0 is AxVisor's host VM; there is none here")
        elif kind is not None:
            doc.warn(at, "is ignored: all guests are of one kind")
    if "guest_type" in base:
        at = ("base", "guest_type")
        if doc.choice(at, base["guest_type"], ("virtualized", "passthrough")) == "passthrough":
            doc.error(at, '"passthrough" is not supported: name each range in '
                      "devices.passthrough_devices")
    if "dedicated_cpus" in base:
        at = ("base", "dedicated_cpus")
        if doc.typed(at, base["dedicated_cpus"], bool) and base["dedicated_cpus"]:
            doc.error(at, "true is not supported: keep other VMs away with their phys_cpu_sets")


def read_cpus(doc, vm, base):
    if "cpu_num" in base:
        n = doc.integer(("base", "cpu_num"), base["cpu_num"], 1, model.MAX_VCPUS)
        vm.vcpus = n or 1
        if n is None:
            return
    if "phys_cpu_ids" in base:
        at = ("base", "phys_cpu_ids")
        for i, v in per_vcpu(doc, vm, at, base["phys_cpu_ids"]):
            doc.integer(at + (i,), v)
        doc.warn(at, "is ignored: vCPUs are numbered from 0; phys_cpu_sets chooses where they run")
    if "phys_cpu_sets" in base:
        at = ("base", "phys_cpu_sets")
        vm.vcpu_cpus = [doc.integer(at + (i,), v, 1, (1 << model.MAX_PCPUS) - 1)
                        for i, v in per_vcpu(doc, vm, at, base["phys_cpu_sets"])]
    if "cpus" in base:
        at = ("base", "cpus")
        if "phys_cpu_sets" in base:
            doc.error(at, "and phys_cpu_sets say the same thing: give one")
        vm.vcpu_cpus = [cpu_mask(doc, at + (i,), v)
                        for i, v in per_vcpu(doc, vm, at, base["cpus"])]


def per_vcpu(doc, vm, at, value):
    if not doc.typed(at, value, list):
        return []
    if len(value) != vm.vcpus:
        doc.error(at, f"has {len(value)} items for {vm.vcpus} vCPUs")
        return []
    return list(enumerate(value))


def cpu_mask(doc, at, value):
    """One pCPU or an array of them, as a mask."""
    mask = 0
    items = [(at, value)] if not isinstance(value, list) else \
        [(at + (i,), v) for i, v in enumerate(value)]
    for where, v in items:
        if (cpu := doc.integer(where, v, 0, model.MAX_PCPUS - 1)) is not None:
            mask |= 1 << cpu
    if not items:
        doc.error(at, "is empty: the vCPU could run nowhere")
    return mask


def read_images(doc, vm, kernel):
    for name in model.IMAGES:
        image = vm.images[name]
        image.at, image.addr_at = ("kernel", name + "_path"), ("kernel", name + "_load_addr")
        if name + "_path" in kernel:
            image.path = doc.text(image.at, kernel[name + "_path"], model.PATH_MAX) or "?"
        if name + "_load_addr" in kernel:
            addr = doc.integer(image.addr_at, kernel[name + "_load_addr"])
            image.addr = AUTO if addr is None else addr
            if name not in ("dtb", "kernel") and not image.path:
                doc.error(image.addr_at, f"is given, but no {name}_path")
    read_boot_protocol(doc, vm, kernel)
    if not vm.images["kernel"].path and not vm.images["bios"].path:
        doc.error(("kernel", "kernel_path"), "is missing, and there is no bios_path either")


def read_boot_protocol(doc, vm, kernel):
    bios = vm.images["bios"]
    protocol = None
    if "boot_protocol" in kernel:
        at = ("kernel", "boot_protocol")
        protocol = PROTOCOLS.get(doc.choice(at, kernel["boot_protocol"], PROTOCOLS))
    if "uefi_firmware_path" in kernel:
        at = ("kernel", "uefi_firmware_path")
        path = doc.text(at, kernel["uefi_firmware_path"], model.PATH_MAX)
        if protocol != "uefi":
            doc.error(at, 'is given, but boot_protocol is not "uefi"')
        elif path is not None:
            bios.path, bios.at = path, at
    if "enable_bios" in kernel:
        at = ("kernel", "enable_bios")
        if doc.typed(at, kernel["enable_bios"], bool):
            enabled = kernel["enable_bios"]
            protocol = protocol or ("multiboot" if enabled else "direct")
            if enabled == (protocol == "direct"):
                doc.error(at, f'{str(enabled).lower()} contradicts boot_protocol "{protocol}"')
            elif not enabled and bios.path:
                doc.error(at, "is false, but there is a firmware image")
    if protocol == "multiboot":
        at = ("kernel", "boot_protocol" if "boot_protocol" in kernel else "enable_bios")
        doc.error(at, "multiboot by way of AxVisor's axvm-bios is not supported")
    if protocol == "uefi" and not bios.path:
        doc.error(("kernel", "boot_protocol"), '"uefi" needs a uefi_firmware_path or bios_path')


def read_kernel(doc, vm, kernel):
    if "entry_point" in kernel:
        vm.entry_at = ("kernel", "entry_point")
        entry = doc.integer(vm.entry_at, kernel["entry_point"])
        vm.entry = AUTO if entry is None else entry
    if "image_location" in kernel:
        at = ("kernel", "image_location")
        if doc.choice(at, kernel["image_location"], ("memory", "fs")) == "fs":
            doc.warn(at, '"fs" is ignored: images are read now, and travel in the bundle')
    if "cmdline" in kernel and kernel["cmdline"] != "":
        vm.cmdline = doc.text(("kernel", "cmdline"), kernel["cmdline"], model.CMDLINE_MAX) or ""
    if "disk_path" in kernel and kernel["disk_path"] != "":
        at = ("kernel", "disk_path")
        if doc.typed(at, kernel["disk_path"], str):
            doc.error(at, "is not supported: there is no emulated disk; use ramdisk_path")


def read_memory(doc, vm, base, kernel, root):
    """One of four ways to say it; one given with --set replaces what the file has."""
    ways = [p for p, table in ((("base", "memory"), base), (("base", "memory_mib"), base),
                               (("kernel", "memory_regions"), kernel), (("memory",), root))
            if p[-1] in table]
    ways = [w for w in ways if w in doc.overridden] or ways
    if len(ways) > 1 and ways[1:] != [("memory",)] or len(ways) > 2:
        doc.error(ways[1], f"and {'.'.join(ways[0])} both say how much memory there is: give one")
        ways = ways[:1]
    start = model.ARCHES[vm.arch]["ram"]
    if "memory_base" in base:
        at = ("base", "memory_base")
        if not any(w[0] == "base" for w in ways):
            doc.error(at, "is given without base.memory")
        else:
            start = doc.integer(at, base["memory_base"])
    if not ways:
        doc.error(("base", "memory"), "is missing: how much memory does the VM have?")
    for way in ways:
        if way == ("kernel", "memory_regions"):
            read_memory_regions(doc, vm, way, kernel["memory_regions"])
        elif way == ("memory",):
            read_memory_tables(doc, vm, root["memory"], start)
        else:
            scale = 1 << 20 if way[-1] == "memory_mib" else 1
            size = doc.size(way, base[way[-1]]) if scale == 1 else \
                doc.integer(way, base[way[-1]], 1, 1 << 34)
            if size is not None and start is not None:
                vm.mem.append(Mem(start, size * scale, path=way))


def read_memory_tables(doc, vm, value, start):
    at = ("memory",)
    if not doc.typed(at, value, list):
        return
    for i, item in enumerate(value):
        at = ("memory", i)
        m = doc.table(at, item, MEMORY)
        region = Mem(start, 0, path=at)
        if "base" in m:
            region.base = doc.integer(at + ("base",), m["base"])
        elif vm.mem or i > 0:
            doc.error(at, "has no base, and is not the only memory")
            region.base = None
        if "size" not in m:
            doc.error(at, "has no size")
            continue
        region.size = doc.size(at + ("size",), m["size"])
        if "prot" in m and doc.typed(at + ("prot",), m["prot"], str):
            letters = m["prot"].replace("-", "")
            if letters not in ("r", "rw", "rx", "rwx"):
                doc.error(at + ("prot",), f'"{m["prot"]}" is not one of "r", "rw", "rx", "rwx"')
            region.prot = sum(model.PROT.get(c, 0) for c in letters)
        if "kind" in m:
            region.kind = doc.choice(at + ("kind",), m["kind"], model.MEM_KINDS)
        if None not in (region.base, region.size):
            vm.mem.append(region)
