# SPDX-License-Identifier: Apache-2.0
"""Configurations and images that cannot work: each is refused in one line that names it, and the sound VM
of the same bundle boots. What tools/axbundle.py itself refuses is put in behind its back."""
import gzip
import struct
from dataclasses import dataclass

import pytest

import axbundle
import builds
import console
import machine
from arches import ARCHES
from vmconf import cpio, dtb

pytestmark = pytest.mark.skipif(console.plain(), reason="needs the hypervisor")

TREE = dtb.write(dtb.Node())


@dataclass(frozen=True)
class Facts:
    """What these VMs are made of on one architecture."""
    loop: int  # a jump to itself
    machine: int  # of ELF
    console: str
    intc: str  # one that does not go with it


FACTS = {"aarch64": Facts(0x14000000, 183, "pl011", "plic"),  # b .
         "riscv64": Facts(0x0000006F, 243, "ns16550a", "gicv3")}  # j .


def loop(arch):
    return struct.pack("<I", FACTS[arch.name].loop)


def elf(arch, size):
    """An ELF header with one program header that reaches @size bytes into the file."""
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01" + bytes(9), 2,
                       FACTS[arch.name].machine, 1, arch.ram, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, arch.ram, arch.ram, size, size, 0x1000)


def damaged_gzip():
    data = bytearray(gzip.compress(bytes(range(256)) * 512, mtime=0))
    data[-6] ^= 0x55  # in the CRC-32
    return bytes(data)


def set_prop(name, value):
    return lambda tree: tree.props.update({name: value})


def add_memory(base, size):
    def edit(tree):
        node = dtb.Node("memory-1")
        node.props.update({"range": dtb.u64(base, size), "prot": dtb.u32(7),
                           "kind": dtb.string("eager")})
        tree.nodes.insert(1, node)
    return edit


def add_device(model, base):
    def edit(tree):
        device = tree.add("devices").add("device-0")
        device.props.update({"label": dtb.string("serial"), "model": dtb.string(model),
                             "base": dtb.u64(base)})
    return edit


def load_at(address):
    return lambda tree: tree.find("images").find("kernel").props.update(
        {"load-addr": dtb.u64(address)})


def firmware(edit=None, **conf):
    """The VM's kernel is its firmware too, in flash unless @conf gives a load_addr."""
    def change(tree):
        images = tree.find("images")
        bios = images.add("bios")
        bios.props["path"] = images.find("kernel").props["path"]
        bios.props.update(conf)
        if edit:
            edit(tree)
    return change


def ramdisk_alone(tree):
    images = tree.find("images")
    images.add("ramdisk").props["path"] = images.find("kernel").props["path"]
    images.nodes.remove(images.find("kernel"))


def bad_vms(arch):
    """Name of the VM -> (its kernel, edit of its configuration, what the one line must say)."""
    facts, spin, ram = FACTS[arch.name], loop(arch), arch.ram
    return {
        "overlap": (spin, add_memory(ram + 0x100000, 0x200000), r"memory\[[01]\].*overlap|overlap"),
        "too-many": (spin, set_prop("vcpus", dtb.u32(17)), r"vcpu.*\b17\b|\b17\b.*vcpu"),
        "no-vcpu": (spin, set_prop("vcpus", dtb.u32(0)), r"vcpu.*\b0\b"),
        "unknown-key": (spin, set_prop("colour", dtb.string("red")), r"colour"),
        "other-format": (spin, set_prop("version", dtb.u32(99)), r"version.*99|99.*version"),
        "wrong-gic": (spin, set_prop("intc", dtb.string(facts.intc)), facts.intc),
        "no-memory": (spin, lambda tree: tree.nodes.pop(0), r"memory"),
        "unaligned": (spin, lambda tree: tree.nodes[0].props.update(
            {"range": dtb.u64(ram + 0x800, 0x1000000)}), r"memory\[0\]"),
        "huge": (spin, lambda tree: tree.nodes[0].props.update(
            {"range": dtb.u64(ram, 1 << 38)}), r"memory"),
        "device-in-ram": (spin, add_device(facts.console, ram + 0x10000), r"serial|device"),
        "far-away": (spin, load_at(0x1000), r"kernel|load"),
        "large-kernel": (spin * (5 << 20), None, r"kernel"),
        "short-elf": (elf(arch, 1 << 20), None, r"kernel|ELF"),
        "bad-gzip": (damaged_gzip(), None, r"gzip.*CRC"),
        "rom-entry": (spin, firmware(set_prop("entry", dtb.u64(ram))), r"entry_point.*firmware"),
        "rom-load": (spin, firmware(load_at(ram)), r"kernel_load_addr.*firmware"),
        "rom-initrd": (spin, firmware(ramdisk_alone), r"ramdisk_path.*firmware.*no kernel"),
        "ram-both": (spin, firmware(**{"load-addr": dtb.u64(ram)}), r"kernel_path.*not in flash"),
        "large-rom": (spin * ((16 << 20) + 1), firmware(), r"bios_path.*67108868 bytes.*at most 67108864"),
    }


NAMES = list(bad_vms(next(iter(ARCHES.values()))))


def entry_of(name):
    return f"-{name}.vm"


def pack(arch, folder, kernels, edits, damage=None):
    """A bundle of the VMs in @kernels (name -> bytes) and one that is sound, which comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = []
    for name, kernel in kernels.items():
        path = folder / f"{name}.img"
        path.write_bytes(kernel)
        vm = machine.Vm(arch=arch, name=name, vcpus=1, memory=16, kernel=path)
        sources.append(folder / f"{name}.toml")
        sources[-1].write_text(vm.toml(100 + len(sources)))
    sound = machine.linux(arch=arch, vcpus=1, memory=256)
    sources.append(folder / "sound.toml")
    sources[-1].write_text(sound.toml(1))
    out = folder / "bad.bundle"
    axbundle.write_bundle(out, axbundle.compile_files(sources))
    data = out.read_bytes()
    entries = [(name, data[at:at + size]) for name, at, size in cpio.entries(data)]
    for n, (name, blob) in enumerate(entries):
        for vm, edit in edits.items():
            if name.endswith(entry_of(vm)):
                tree = dtb.read(blob)
                edit(tree)
                entries[n] = (name, dtb.write(tree))
    out.write_bytes((damage or (lambda e: cpio.write(e)))(entries))
    return out


def log_lines(c):
    return [x for x in c.transcript().splitlines() if x.startswith("[axvisor] ")]


@pytest.fixture(scope="module")
def crowd(arch, request):
    """All of bad_vms() in one bundle, and what was said while the sound one booted."""
    from conftest import Starter
    starter = Starter(f"bad_input-{arch.name}", arch)
    request.node.starter = starter
    vms = bad_vms(arch)
    bundle = pack(arch, builds.BUILD / "system" / f"bad-{arch.name}", {n: k for n, (k, _, _) in vms.items()},
                  {n: e for n, (_, e, _) in vms.items() if e})
    c = starter(machine.linux(arch=arch, vcpus=1, memory=256), bundle=bundle, memory=1024)
    yield c
    starter.close()


def test_the_sound_vm_boots(crowd):
    crowd.prompt()


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_vm_is_refused_in_one_line(crowd, arch, name):
    lines = [x for x in log_lines(crowd) if name in x and "console:" not in x]
    want = bad_vms(arch)[name][2]
    said = [x for x in lines if console.re.search(want, x.split(name, 1)[1], console.re.I)]
    assert len(said) == 1, "\n".join(lines or log_lines(crowd))


def sound_boots(start, arch, bundle):
    c = start(machine.linux(arch=arch, vcpus=1, memory=256), bundle=bundle, memory=768, cpus=2).prompt()
    return log_lines(c)


def one_line(lines, pattern):
    found = [x for x in lines if console.re.search(pattern, x)]
    assert len(found) == 1, "\n".join(lines)


def test_a_missing_image_is_named(start, arch, tmp_path):
    bundle = pack(arch, tmp_path, {"bad": loop(arch)}, {}, lambda entries: cpio.write(
        [e for e in entries if e[0] != "images/bad.img"]))
    one_line(sound_boots(start, arch, bundle), r"vm bad: .*images/bad\.img")


def test_a_configuration_cut_short_is_named(start, arch, tmp_path):
    bundle = pack(arch, tmp_path, {"bad": loop(arch)}, {}, lambda entries: cpio.write(
        [(n, d[:len(d) // 2] if n.endswith(entry_of("bad")) else d) for n, d in entries]))
    one_line(sound_boots(start, arch, bundle), r"vms/00-bad\.vm: ")


@pytest.mark.parametrize("name, data", [("cut", TREE[:40]), ("tiny", b"\n"), ("zeros", bytes(64))],
                         ids=["cut", "tiny", "zeros"])
def test_a_broken_device_tree_is_named(start, arch, tmp_path, name, data):
    def damage(entries):
        return cpio.write(entries + [(f"images/{name}.dtb", data)])

    def edit(tree):
        tree.find("images").add("dtb").props["path"] = dtb.string(f"images/{name}.dtb")

    bundle = pack(arch, tmp_path, {"bad": loop(arch)}, {"bad": edit}, damage)
    one_line(sound_boots(start, arch, bundle), r"vm bad: .*(dtb|device tree)")


def test_what_stands_before_the_damage_of_a_bundle_is_used(start, arch, tmp_path):
    def damage(entries):
        whole = cpio.write([e for e in entries if "bad" not in e[0]])
        at = whole.rindex(cpio.MAGIC)  # the trailer
        return whole[:at] + b"garbage" + whole[at + 7:]

    one_line(sound_boots(start, arch, pack(arch, tmp_path, {"bad": loop(arch)}, {}, damage)),
             r"bundle: damaged at byte \d+ of \d+")


def test_a_bundle_cut_short_is_named(start, arch, tmp_path):
    """Cut inside the sound VM's own images: nothing can boot, and the machine says so and ends."""
    bundle = pack(arch, tmp_path, {}, {}, lambda entries: cpio.write(entries)[:20 << 20])
    c = start(machine.linux(arch=arch, vcpus=1, memory=256), bundle=bundle, memory=768)
    c.wait_end()
    one_line(log_lines(c), r"bundle: damaged at byte \d+")
    one_line(log_lines(c), r"vm sound|vm linux")


def test_no_bundle_is_said(start, arch, tmp_path):
    empty = tmp_path / "empty.bundle"
    empty.write_bytes(cpio.write([]))
    c = start(machine.linux(arch=arch, vcpus=1, memory=256), bundle=empty, memory=512)
    c.wait_end()
    one_line(log_lines(c), r"no VM|bundle: ")


def test_an_initrd_that_is_no_bundle_is_said(start, arch, tmp_path):
    noise = tmp_path / "noise.bundle"
    noise.write_bytes(b"\x7fELF" * 4096)
    c = start(machine.linux(arch=arch, vcpus=1, memory=256), bundle=noise, memory=512)
    c.wait_end()
    one_line(log_lines(c), r"bundle: damaged at byte 0")
