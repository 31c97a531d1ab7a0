# SPDX-License-Identifier: Apache-2.0
"""A Vm as the device tree that libs/axconf reads, and that tree as TOML again. docs/configuration.md
describes the tree."""
from . import dtb
from .doc import AUTO
from .model import ARCHES, IMAGES, PROT

COMPATIBLE = "axvisor,vm-config"
VERSION = 1


def to_blob(vm):
    root = dtb.Node()
    p = root.props
    p["compatible"] = dtb.string(COMPATIBLE)
    p["version"] = dtb.u32(VERSION)
    p["vm-name"] = dtb.string(vm.name)
    p["id"] = dtb.u32(vm.id)
    p["vcpus"] = dtb.u32(vm.vcpus)
    if vm.vcpu_cpus:
        p["vcpu-cpus"] = dtb.u64(*vm.vcpu_cpus)
    if vm.intc:
        p["intc"] = dtb.string(vm.intc)
    if vm.entry != AUTO:
        p["entry"] = dtb.u64(vm.entry)
    if vm.cmdline:
        p["cmdline"] = dtb.string(vm.cmdline)
    for i, m in enumerate(vm.mem):
        n = root.add(f"memory-{i}")
        n.props["range"] = dtb.u64(m.base, m.size)
        n.props["prot"] = dtb.u32(m.prot)
        n.props["kind"] = dtb.string(m.kind)
    add_images(root.add("images"), vm)
    if vm.devices:
        add_devices(root.add("devices"), vm)
    if vm.passthrough:
        add_passthrough(root.add("passthrough"), vm)
    return dtb.write(root)


def add_images(images, vm):
    for name in IMAGES:
        image = vm.images[name]
        if image.path or image.addr != AUTO:
            n = images.add(name)
            if image.path:
                n.props["path"] = dtb.string(image.path)
            if image.addr != AUTO:
                n.props["load-addr"] = dtb.u64(image.addr)


def add_devices(devices, vm):
    for i, d in enumerate(vm.devices):
        n = devices.add(f"device-{i}")
        n.props["label"] = dtb.string(d.name)
        n.props["model"] = dtb.string(d.model)
        for key in ("base", "size", "irq"):
            if getattr(d, key) != AUTO:
                n.props[key] = dtb.u64(getattr(d, key))


def add_passthrough(ranges, vm):
    for i, r in enumerate(vm.passthrough):
        n = ranges.add(f"range-{i}")
        n.props["label"] = dtb.string(r.name)
        n.props["range"] = dtb.u64(r.base, r.host, r.size)
        if r.irq != AUTO:
            n.props["irq"] = dtb.u64(r.irq)
        if r.compatible:
            n.props["compatible"] = b"".join(map(dtb.string, r.compatible))


def read(blob):
    """The tree of @blob; DtbError if it is no VM configuration."""
    root = dtb.read(blob)
    if root.props.get("compatible") != dtb.string(COMPATIBLE):
        raise dtb.DtbError("not a VM configuration")
    if root.props.get("version") != dtb.u32(VERSION):
        raise dtb.DtbError("compiled for another version of the format")
    return root


def quoted(data):
    text = dtb.as_string(data).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def quoted_list(data):
    return "[" + ", ".join(quoted(s + b"\0") for s in data[:-1].split(b"\0")) + "]"


def number(data):
    return f"{dtb.as_u64s(data)[0]:#x}"


def to_toml(root):
    """TOML that compiles to the same blob."""
    p = root.props
    low, high = ARCHES["aarch64"]["irqs"]
    out = ["[base]", f"id = {dtb.as_u32(p['id'])}", f"name = {quoted(p['vm-name'])}",
           f"cpu_num = {dtb.as_u32(p['vcpus'])}"]
    if "vcpu-cpus" in p:
        masks = ", ".join(f"{m:#x}" for m in dtb.as_u64s(p["vcpu-cpus"]))
        out.append(f"phys_cpu_sets = [{masks}]")
    if "intc" in p:
        out.append(f"intc = {quoted(p['intc'])}")
    elif any(not low <= irq <= high for irq in irqs_of(root)):
        out.append('arch = "x86_64"')  # no other has such interrupts and no controller to name
    out += ["", "[kernel]"]
    if "entry" in p:
        out.append(f"entry_point = {number(p['entry'])}")
    images = root.find("images")
    for image in images.nodes if images else []:
        if "path" in image.props:
            out.append(f"{image.name}_path = {quoted(image.props['path'])}")
        if "load-addr" in image.props:
            out.append(f"{image.name}_load_addr = {number(image.props['load-addr'])}")
    if "cmdline" in p:
        out.append(f"cmdline = {quoted(p['cmdline'])}")
    for m in (n.props for n in root.nodes if n.name.startswith("memory-")):
        base, size = dtb.as_u64s(m["range"])
        prot = "".join(c for c, bit in PROT.items() if dtb.as_u32(m["prot"]) & bit)
        out += ["", "[[memory]]", f"base = {base:#x}", f"size = {size:#x}", f'prot = "{prot}"',
                f"kind = {quoted(m['kind'])}"]
    return "\n".join(out + tables(root)) + "\n"


def irqs_of(root):
    return [dtb.as_u64s(node.props["irq"])[0] for folder in ("devices", "passthrough")
            for node in (root.find(folder) or dtb.Node()).nodes if "irq" in node.props]


def tables(root):
    out = []
    for node in (root.find("devices") or dtb.Node()).nodes:
        out += ["", "[[devices.emulated]]", f"name = {quoted(node.props['label'])}",
                f"model = {quoted(node.props['model'])}"]
        out += [f"{k} = {irq_or_number(k, node)}" for k in ("base", "size", "irq")
                if k in node.props]
    for node in (root.find("passthrough") or dtb.Node()).nodes:
        base, host, size = dtb.as_u64s(node.props["range"])
        out += ["", "[[devices.passthrough]]", f"name = {quoted(node.props['label'])}",
                f"base = {base:#x}", f"host = {host:#x}", f"size = {size:#x}"]
        if "irq" in node.props:
            out.append(f"irq = {irq_or_number('irq', node)}")
        if "compatible" in node.props:
            out.append(f"compatible = {quoted_list(node.props['compatible'])}")
    return out


def irq_or_number(key, node):
    value = dtb.as_u64s(node.props[key])[0]
    return str(value) if key == "irq" else f"{value:#x}"
