# SPDX-License-Identifier: Apache-2.0
"""The tables of things: AxVisor's memory_regions and devices, whose items are arrays or tables, and our
own tables of devices and passed-through ranges."""
from . import model
from .doc import AUTO
from .model import Device, Mem, Passthrough

DEVICES = ("emu_devices", "passthrough_devices", "passthrough_addresses", "passthrough_ports",
           "excluded_devices", "disabled", "interrupt_mode", "aarch64_virtual_timer_irq",
           "emulated", "passthrough")
EMU_TYPES = {
    0x00: "dummy", 0x01: "intc", 0x02: "console", 0x0A: "inter-VM communication channel",
    0x20: "intc", 0x21: "intc", 0x22: "intc", 0x30: "intc", 0xE1: "virtio block",
    0xE2: "virtio net", 0xE3: "virtio console",
}
INTERRUPT_MODES = {"no_irq": "no", "noirq": "no", "no": "no", "none": "no", "emu": "emu",
                   "emulated": "emu", "passthrough": "passthrough", "pt": "passthrough"}
BY_PATH = ("assigning a device by its path in the host's device tree is not supported: give "
           "base_gpa, base_hpa and length")


def read_memory_regions(doc, vm, path, value):
    fields = ("gpa", "size", "flags", "map_type")
    for at, row in doc.rows(path, value, fields, 4):
        base = doc.integer(*row["gpa"])
        size = doc.size(*row["size"])
        flags = doc.integer(*row["flags"])
        kind = doc.integer(*row["map_type"], 0, 2)
        if flags is not None and (flags & 1 == 0 or flags > 7):
            doc.error(row["flags"][0], f"{flags:#x} is not readable memory: 1 (read), plus 2 (write) "
                      "and 4 (execute)")
            flags = None
        if None not in (base, size, flags, kind):
            vm.mem.append(Mem(base, size, flags, "eager" if kind == 0 else "identity", at))


def read_devices(doc, vm, value):
    devices = doc.table(("devices",), value, DEVICES)
    for key, v in devices.items():
        READERS[key](doc, vm, ("devices", key), v)


def read_emu_devices(doc, vm, path, value):
    fields = ("name", "base_gpa", "length", "irq_id", "emu_type", "cfg_list")
    for at, row in doc.rows(path, value, fields, 5):
        name = doc.text(*row["name"], model.NAME_MAX)
        base, irq = doc.integer(*row["base_gpa"]), doc.integer(*row["irq_id"])
        size = doc.integer(*row["length"], 1)
        kind = doc.integer(*row["emu_type"], 0, 255)
        if None in (name, base, irq, size, kind):
            continue
        what = EMU_TYPES.get(kind)
        if what is None:
            doc.error(row["emu_type"][0], f"{kind:#x} is no device type")
        elif what == "dummy":
            doc.warn(at, f'"{name}" is ignored: a dummy device')
        elif what == "intc":
            doc.warn(at, f'"{name}" is ignored: the machine has its interrupt controller by itself')
        elif what == "console":
            vm.devices.append(Device(name, model.ARCHES[vm.arch]["console"], base, size,
                                     irq or AUTO, at))
        else:
            doc.error(row["emu_type"][0], f"{kind:#x} ({what}) is not supported")


def read_passthrough_devices(doc, vm, path, value):
    fields = ("name", "base_gpa", "base_hpa", "length", "irq_id")
    for at, row in doc.rows(path, value, fields, 1):
        if row["name"][1] == "/" and len(row) == 1:
            doc.warn(at, '"/" is ignored: the whole machine cannot be passed through; the guest has '
                     "emulated devices")
            continue
        name = doc.text(*row["name"], model.NAME_MAX)
        zero = (at, 0)
        length = doc.integer(*row.get("length", zero))
        base, host = (doc.integer(*row.get(f, zero)) for f in ("base_gpa", "base_hpa"))
        irq = doc.integer(*row.get("irq_id", zero))
        if None in (name, length, base, host, irq):
            continue
        if length == 0:
            doc.error(at, BY_PATH if name.startswith("/") else "has no length")
            continue
        if irq == 1:
            doc.warn(row["irq_id"][0], "1 is ignored: AxVisor's files write it for no interrupt")
        vm.passthrough.append(Passthrough(name, base, host, length, irq if irq > 1 else AUTO, at))


def read_passthrough_addresses(doc, vm, path, value):
    for at, row in doc.rows(path, value, ("base_gpa", "length"), 2):
        base, size = doc.integer(*row["base_gpa"]), doc.integer(*row["length"], 1)
        if None not in (base, size):
            vm.passthrough.append(Passthrough(f"address-{base:x}", base, base, size, AUTO, at))


def read_ports(doc, vm, path, value):
    if doc.typed(path, value, list) and value:
        doc.error(path, "is not supported: no I/O port is passed through")


def read_excluded(doc, vm, path, value):
    """AxVisor: lists of device-tree paths, or tables with one."""
    if not doc.typed(path, value, list):
        return
    for i, item in enumerate(value):
        if isinstance(item, dict):
            item = [item.get("path")]
        if not isinstance(item, list) or not all(isinstance(s, str) for s in item):
            doc.error(path + (i,), "is not a list of device-tree paths")
    if value:
        doc.warn(path, "is ignored: nothing is passed through by device-tree path")


def read_interrupt_mode(doc, vm, path, value):
    mode = INTERRUPT_MODES.get(doc.choice(path, value, INTERRUPT_MODES))
    if mode in ("no", "passthrough"):
        doc.warn(path, f'"{value}" is ignored: interrupts go through the emulated controller')


def read_timer_irq(doc, vm, path, value):
    if doc.integer(path, value) not in (27, None):
        doc.error(path, f"{value} is not supported: the virtual timer's interrupt is 27")


def auto_or(doc, at, key, table, reader):
    """An address or number that may be left out or "auto"."""
    if table.get(key, "auto") == "auto":
        return AUTO
    return reader(at + (key,), table[key])


def tables_in(doc, path, value):
    """The items of an array that are tables, with their paths."""
    items = value if doc.typed(path, value, list) else []
    return [(path + (i,), item) for i, item in enumerate(items)
            if doc.typed(path + (i,), item, dict)]


def read_emulated(doc, vm, path, value):
    for at, item in tables_in(doc, path, value):
        d = doc.table(at, item, ("name", "model", "base", "size", "irq"))
        if "model" not in d:
            doc.error(at, "has no model")
            continue
        kind = doc.text(at + ("model",), d["model"], model.MODEL_MAX)
        if kind is not None and kind not in model.MODELS:
            doc.choice(at + ("model",), kind, sorted(model.MODELS))
        name = doc.text(at + ("name",), d.get("name", f"{kind}-{at[-1]}"), model.NAME_MAX)
        base = auto_or(doc, at, "base", d, doc.integer)
        size = auto_or(doc, at, "size", d, doc.size)
        irq = auto_or(doc, at, "irq", d, doc.integer)
        if None not in (kind, name, base, size, irq):
            vm.devices.append(Device(name, kind, base, size, irq, at))


def read_passthrough(doc, vm, path, value):
    for at, item in tables_in(doc, path, value):
        p = doc.table(at, item, ("name", "path", "base", "host", "size", "irq", "compatible"))
        if "path" in p:
            doc.error(at + ("path",), BY_PATH.replace("base_gpa, base_hpa and length",
                                                      "base, host and size"))
            continue
        missing = [k for k in ("base", "size") if k not in p]
        if missing:
            doc.error(at, f"has no {', '.join(missing)}")
            continue
        name = doc.text(at + ("name",), p.get("name", f"passthrough-{at[-1]}"), model.NAME_MAX)
        base = doc.integer(at + ("base",), p["base"])
        host = doc.integer(at + ("host",), p["host"]) if "host" in p else base
        size = doc.size(at + ("size",), p["size"])
        irq = auto_or(doc, at, "irq", p, doc.integer)
        compatible = read_compatible(doc, at + ("compatible",), p.get("compatible", []))
        if None not in (name, base, host, size, irq, *compatible):
            vm.passthrough.append(Passthrough(name, base, host, size, irq, at, compatible))


def read_compatible(doc, path, value):
    """A string, or an array of them that together have room in the blob's reader."""
    if isinstance(value, list):
        texts = [doc.text(path + (i,), v, model.COMPATIBLE_MAX) for i, v in enumerate(value)]
    else:
        texts = [doc.text(path, value, model.COMPATIBLE_MAX)]
    length = sum(len(t.encode()) + 1 for t in texts if t is not None)
    if length >= model.COMPATIBLE_MAX:
        doc.error(path, f"has {length} bytes with the NULs, more than {model.COMPATIBLE_MAX - 1}")
    return texts


READERS = {
    "emu_devices": read_emu_devices, "passthrough_devices": read_passthrough_devices,
    "passthrough_addresses": read_passthrough_addresses, "passthrough_ports": read_ports,
    "excluded_devices": read_excluded, "disabled": read_excluded,
    "interrupt_mode": read_interrupt_mode, "aarch64_virtual_timer_irq": read_timer_irq,
    "emulated": read_emulated, "passthrough": read_passthrough,
}
