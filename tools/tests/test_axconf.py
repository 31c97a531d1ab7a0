# SPDX-License-Identifier: Apache-2.0
"""The configuration compiler: every key has its effect, every mistake its line."""
import pathlib
import subprocess
import sys

import pytest

import axconf
from conftest import TOOLS
from vmconf import blob, dtb

SAMPLES = sorted((pathlib.Path(__file__).parent / "axvisor").glob("*.toml"))
EXAMPLES = sorted((TOOLS.parent / "configs").glob("*.toml"))


def compile_text(write, text, *overrides):
    warnings = []
    data, images = axconf.compile_file(write(text), overrides, warn=warnings.append)
    return dtb.read(data), images, warnings


def toml(base="", kernel="", rest="", memory='memory = "64M"'):
    """A good configuration with more in its tables. Line 3 begins what @base adds."""
    return f"""[base]
name = "vm"
{base}
{memory}
[kernel]
kernel_path = "Image"
{kernel}
{rest}
"""


def errors_of(write, text, *overrides):
    path = write(text)
    with pytest.raises(axconf.ConfigError) as e:
        axconf.compile_file(path, overrides, warn=lambda w: None)
    return [line.replace(str(path) + ":", "") for line in str(e.value).splitlines()]


def devices(rows):
    return "[devices]\n" + rows


# --- What keys do

def u64(*values):
    return dtb.u64(*values)


ROOT_PROPS = [
    ("id = 9", "", "id", dtb.u32(9)),
    ("", "", "id", dtb.u32(1)),
    ("", "", "vm-name", b"vm\0"),
    ("cpu_num = 16", "", "vcpus", dtb.u32(16)),
    ("", "", "vcpus", dtb.u32(1)),
    ("cpu_num = 2\nphys_cpu_sets = [3, 0x8000]", "", "vcpu-cpus", u64(3, 0x8000)),
    ("cpu_num = 2\ncpus = [[0, 63], 5]", "", "vcpu-cpus", u64(1 << 63 | 1, 32)),
    ('intc = "gicv2"', "", "intc", b"gicv2\0"),
    ('intc = "gicv3"\narch = "aarch64"', "", "intc", b"gicv3\0"),
    ('intc = "plic"', "", "intc", b"plic\0"),
    ('arch = "riscv64"', "", "intc", b"plic\0"),
    ('arch = "x86_64"', "", "intc", None),
    ("", "", "intc", None),
    ("dedicated_cpus = false", "", "intc", None),
    ('guest_type = "virtualized"', "", "intc", None),
    ("", "entry_point = 0x4008_0000", "entry", u64(0x40080000)),
    ("", "", "entry", None),
    ("", 'cmdline = "a b"', "cmdline", b"a b\0"),
    ("", 'cmdline = ""', "cmdline", None),
    ("", 'disk_path = ""', "cmdline", None),
    ("", 'image_location = "memory"', "entry", None),
    ("", 'boot_protocol = "direct"\nenable_bios = false', "entry", None),
]


@pytest.mark.parametrize("base, kernel, prop, value", ROOT_PROPS)
def test_a_key_becomes_a_property(write, base, kernel, prop, value):
    root, _, warnings = compile_text(write, toml(base, kernel))
    assert root.props.get(prop) == value
    assert warnings == []


@pytest.mark.parametrize("image", ["kernel", "ramdisk", "dtb", "bios"])
def test_an_image_has_its_path_and_address(write, image, tmp_path):
    text = toml(kernel=f'{image}_path = "dir/f"\n{image}_load_addr = 0x4000_1000')
    if image == "kernel":
        text = text.replace('kernel_path = "Image"\n', "")
    root, images, _ = compile_text(write, text)
    node = root.find("images").find(image)
    assert node.props == {"path": b"dir/f\0", "load-addr": u64(0x40001000)}
    assert images[image] == tmp_path / "dir/f"


def test_uefi_firmware_is_a_bios(write):
    root, images, _ = compile_text(write, toml(
        kernel='boot_protocol = "uefi"\nenable_bios = true\nuefi_firmware_path = "fw"'))
    assert root.find("images").find("bios").props["path"] == b"fw\0"
    assert images["bios"].name == "fw"


def test_firmware_in_flash_goes_with_a_kernel_or_alone(write):
    root, images, _ = compile_text(write, toml(kernel='bios_path = "fw"\nramdisk_path = "rd"'))
    assert set(images) == {"bios", "kernel", "ramdisk"}
    assert root.find("images").find("bios").props == {"path": b"fw\0"}
    alone = toml(kernel='bios_path = "fw"').replace('kernel_path = "Image"\n', "")
    assert set(compile_text(write, alone)[1]) == {"bios"}
    alone = alone.replace('"fw"', '"fw"\nramdisk_path = "rd"')
    lines = errors_of(write, alone)
    assert lines == ["7: kernel.ramdisk_path: is given, but no kernel_path for the firmware to start"]
    lines = errors_of(write, alone.replace("[base]", '[base]\narch = "riscv64"'))
    assert lines == ["8: kernel.ramdisk_path: is given, but no kernel_path for the firmware to start"]


def test_a_device_tree_may_have_an_address_alone(write):
    root, images, _ = compile_text(write, toml(kernel="dtb_load_addr = 0x4000_0000"))
    assert root.find("images").find("dtb").props == {"load-addr": u64(0x40000000)}
    assert "dtb" not in images


MIB = 1 << 20
MEMORY = [
    ('memory = "1G"', "", [(0x40000000, 1024 * MIB, 7, b"eager\0")]),
    ('memory = "64 MiB"', "", [(0x40000000, 64 * MIB, 7, b"eager\0")]),
    ('memory = "4KB"', "", [(0x40000000, 4096, 7, b"eager\0")]),
    ("memory = 0x10_0000", "", [(0x40000000, MIB, 7, b"eager\0")]),
    ("memory_mib = 512", "", [(0x40000000, 512 * MIB, 7, b"eager\0")]),
    ('memory = "1M"\nmemory_base = 0x8000_0000', "", [(0x80000000, MIB, 7, b"eager\0")]),
    ('memory = "1M"\narch = "riscv64"', "", [(0x80000000, MIB, 7, b"eager\0")]),
    ('memory = "1M"\narch = "x86_64"', "", [(0, MIB, 7, b"eager\0")]),
    ("", '[[memory]]\nsize = "1M"', [(0x40000000, MIB, 7, b"eager\0")]),
    ("", '[[memory]]\nsize = "1M"\nbase = 0x1000\nprot = "rx"\nkind = "lazy"\n'
     '[[memory]]\nsize = 4096\nbase = 0x0\nprot = "rw-"\nkind = "identity"',
     [(0x1000, MIB, 5, b"lazy\0"), (0, 4096, 3, b"identity\0")]),
    ('memory = "1M"', '[[memory]]\nbase = 0\nsize = "1M"',
     [(0x40000000, MIB, 7, b"eager\0"), (0, MIB, 7, b"eager\0")]),
]


@pytest.mark.parametrize("base, rest, regions", MEMORY)
def test_memory_can_be_said_in_four_ways(write, base, rest, regions):
    root, _, _ = compile_text(write, toml(memory=base, rest=rest))
    assert memory_of(root) == regions


def memory_of(root):
    return [(*dtb.as_u64s(n.props["range"]), dtb.as_u32(n.props["prot"]), n.props["kind"])
            for n in root.nodes if n.name.startswith("memory-")]


def test_axvisors_memory_regions_are_rows_or_tables(write):
    root, _, _ = compile_text(write, toml(memory="", kernel="""memory_regions = [
      [0x1000_0000, 0x1000, 0x7, 0], [0x2000_0000, 0x2000, 0x1, 1],
      { gpa = 0x3000_0000, size = 0x3000, flags = 3, map_type = 2 },
    ]"""))
    assert memory_of(root) == [(0x10000000, 0x1000, 7, b"eager\0"),
                               (0x20000000, 0x2000, 1, b"identity\0"),
                               (0x30000000, 0x3000, 3, b"identity\0")]


@pytest.mark.parametrize("arch, console", [("aarch64", b"pl011\0"), ("riscv64", b"ns16550a\0")])
def test_axvisors_console_is_the_machines_uart(write, arch, console):
    root, _, _ = compile_text(write, toml(f'arch = "{arch}"', rest=devices(
        'emu_devices = [["tty", 0x900_0000, 0x1000, 33, 0x2, []],\n'
        '{ name = "b", base_gpa = 0x901_0000, length = 4096, irq_id = 0, emu_type = 2, cfg_list = [] }]')))
    first, second = root.find("devices").nodes
    assert first.props == {"label": b"tty\0", "model": console, "base": u64(0x9000000),
                           "size": u64(0x1000), "irq": u64(33)}
    assert "irq" not in second.props


def test_devices_of_our_own_leave_out_what_the_machine_chooses(write):
    root, _, _ = compile_text(write, toml(rest="""[[devices.emulated]]
model = "pl031"
base = "auto"
[[devices.emulated]]
name = "v"
model = "virtio-mmio"
base = 0xa00_0000
size = "512"
irq = 48
"""))
    first, second = root.find("devices").nodes
    assert first.props == {"label": b"pl031-0\0", "model": b"pl031\0"}
    assert second.props["size"] == u64(512) and second.props["irq"] == u64(48)


def test_ranges_are_passed_through_in_three_ways(write):
    root, _, warnings = compile_text(write, toml(rest="""[devices]
passthrough_devices = [["a@1", 0x100_0000, 0x200_0000, 0x1000, 40]]
passthrough_addresses = [[0x300_0000, 0x2000], { base_gpa = 0x400_0000, length = 0x1000 }]
[[devices.passthrough]]
base = 0x500_0000
size = "4K"
[[devices.passthrough]]
name = "z"
base = 0x600_0000
host = 0x700_0000
size = 4096
irq = 41
"""))
    assert [(n.props["label"], dtb.as_u64s(n.props["range"]), n.props.get("irq"))
            for n in root.find("passthrough").nodes] == [
        (b"a@1\0", (0x1000000, 0x2000000, 0x1000), u64(40)),
        (b"address-3000000\0", (0x3000000, 0x3000000, 0x2000), None),
        (b"address-4000000\0", (0x4000000, 0x4000000, 0x1000), None),
        (b"passthrough-0\0", (0x5000000, 0x5000000, 0x1000), None),
        (b"z\0", (0x6000000, 0x7000000, 0x1000), u64(41)),
    ]
    assert warnings == []


@pytest.mark.parametrize("value, strings", [('"a,b"', b"a,b\0"), ('["a,b", "c"]', b"a,b\0c\0"),
                                            ("[]", None), (f'"{"x" * 126}"', b"x" * 126 + b"\0")])
def test_a_passed_through_device_may_be_compatible_with_some(write, value, strings):
    root, _, _ = compile_text(write, toml(rest=f"""[[devices.passthrough]]
base = 0x500_0000
size = 4096
compatible = {value}
"""))
    assert root.find("passthrough").nodes[0].props.get("compatible") == strings


# --- Keys without effect

IGNORED = [
    ("vm_type = 1", "", "", "3: warning: base.vm_type: is ignored"),
    ("phys_cpu_ids = [0x200]", "", "", "3: warning: base.phys_cpu_ids: is ignored"),
    ("", 'image_location = "fs"', "", "7: warning: kernel.image_location: "),
    ("", "", 'passthrough_devices = [["/"]]', '9: warning: devices.passthrough_devices[0]: "/"'),
    ("", "", 'passthrough_devices = [["x", 0x1000, 0x1000, 0x1000, 1]]',
     "9: warning: devices.passthrough_devices[0][4]: 1 is ignored"),
    ("", "", 'emu_devices = [["g", 0x800_0000, 0x1_0000, 0, 0x21, []]]',
     '9: warning: devices.emu_devices[0]: "g" is ignored'),
    ("", "", 'emu_devices = [["g", 0x800_0000, 0x1_0000, 0, 0, []]]', "a dummy device"),
    ("", "", 'excluded_devices = [["/gic"]]', "9: warning: devices.excluded_devices: is ignored"),
    ("", "", 'disabled = [{ path = "/gic" }]', "9: warning: devices.disabled: is ignored"),
    ("", "", 'interrupt_mode = "pt"', '9: warning: devices.interrupt_mode: "pt" is ignored'),
    ("", "", 'interrupt_mode = "no_irq"', '"no_irq" is ignored'),
]


@pytest.mark.parametrize("base, kernel, dev, warning", IGNORED)
def test_a_key_without_effect_is_warned_about(write, base, kernel, dev, warning):
    _, _, warnings = compile_text(write, toml(base, kernel, devices(dev)))
    assert len(warnings) == 1 and warning in warnings[0]


@pytest.mark.parametrize("dev", ['interrupt_mode = "emulated"', "aarch64_virtual_timer_irq = 27",
                                 "excluded_devices = []", "passthrough_ports = []",
                                 "emu_devices = []"])
def test_empty_and_default_values_need_no_warning(write, dev):
    assert compile_text(write, toml(rest=devices(dev)))[2] == []


# --- Mistakes

BASE_ERRORS = [
    ("cpu_nun = 2", '3: base.cpu_nun: unknown key; did you mean "cpu_num"?'),
    ("zzz = 2", "3: base.zzz: unknown key"),
    ("id = -1", "3: base.id: -1 is not within"),
    ("id = 0x1_0000_0000", "3: base.id: 4294967296 is not within"),
    ('id = "1"', "3: base.id: is a string, not an integer"),
    ("id = true", "3: base.id: is a boolean, not an integer"),
    ("id = 1.5", "3: base.id: is a float, not an integer"),
    ("id = 1979-05-27", "3: base.id: is a date or time, not an integer"),
    ("cpu_num = 0", "3: base.cpu_num: 0 is not within 1 to 16"),
    ("cpu_num = 17", "3: base.cpu_num: 17 is not within 1 to 16"),
    ('cpu_num = 9\nintc = "gicv2"', "3: base.cpu_num: 9 vCPUs, but a GICv2 has at most 8"),
    ("vm_type = 0", "3: base.vm_type: 0 is AxVisor's host VM"),
    ("vm_type = 3", "3: base.vm_type: 3 is not within 0 to 2"),
    ('guest_type = "passthrough"', '3: base.guest_type: "passthrough" is not supported'),
    ('guest_type = "x"', '3: base.guest_type: "x" is not one of'),
    ("dedicated_cpus = true", "3: base.dedicated_cpus: true is not supported"),
    ("dedicated_cpus = 1", "3: base.dedicated_cpus: is an integer, not a boolean"),
    ("phys_cpu_ids = [1, 2]", "3: base.phys_cpu_ids: has 2 items for 1 vCPUs"),
    ('phys_cpu_ids = ["a"]', "3: base.phys_cpu_ids[0]: is a string"),
    ("phys_cpu_sets = []", "3: base.phys_cpu_sets: has 0 items for 1 vCPUs"),
    ("phys_cpu_sets = [0]", "3: base.phys_cpu_sets[0]: 0 is not within"),
    ("phys_cpu_sets = 1", "3: base.phys_cpu_sets: is an integer, not an array"),
    ("cpus = [64]", "3: base.cpus[0]: 64 is not within 0 to 63"),
    ("cpus = [[]]", "3: base.cpus[0]: is empty"),
    ("cpus = [[\n1,\n'a']]", "5: base.cpus[0][1]: is a string"),
    ("phys_cpu_sets = [1]\ncpus = [0]", "4: base.cpus: and phys_cpu_sets say the same"),
    ('arch = "arm"', '3: base.arch: "arm" is not one of "aarch64", "riscv64", "x86_64"'),
    ('intc = "gicv4"', '3: base.intc: "gicv4" is not one of'),
    ('arch = "x86_64"\nintc = "gicv3"', '4: base.intc: "gicv3" does not go with arch "x86_64"'),
    ('memory_mib = 1', "3: base.memory_mib: and base.memory both say"),
    ("memory_base = 0x1001", "4: base.memory: base 0x1001 is not a multiple of 0x1000"),
]

KERNEL_ERRORS = [
    ("kernel_patch = 1", '7: kernel.kernel_patch: unknown key; did you mean "kernel_path"?'),
    ("entry_point = 0x1000", "7: kernel.entry_point: 0x1000 is outside of the VM's memory"),
    ("entry_point = 0x4400_0000", "7: kernel.entry_point: 0x44000000 is outside"),
    ("kernel_load_addr = 4", "7: kernel.kernel_load_addr: 0x4 is outside"),
    ("dtb_load_addr = 4", "7: kernel.dtb_load_addr: 0x4 is outside"),
    ('dtb_path = "x"\ndtb_load_addr = "4"', "8: kernel.dtb_load_addr: is a string"),
    ("ramdisk_load_addr = 0x4000_0000", "7: kernel.ramdisk_load_addr: is given, but no ramdisk_path"),
    ("bios_load_addr = 0x4000_0000", "7: kernel.bios_load_addr: is given, but no bios_path"),
    ('ramdisk_path = ""', "7: kernel.ramdisk_path: is empty"),
    (f'dtb_path = "{"x" * 128}"', "7: kernel.dtb_path: has 128 bytes, more than 127"),
    ('dtb_path = "a\\nb"', "7: kernel.dtb_path: has a control character"),
    (f'cmdline = "{"x" * 1024}"', "7: kernel.cmdline: has 1024 bytes, more than 1023"),
    ("cmdline = 1", "7: kernel.cmdline: is an integer, not a string"),
    ('image_location = "net"', '7: kernel.image_location: "net" is not one of'),
    ('disk_path = "d"', "7: kernel.disk_path: is not supported"),
    ("disk_path = 1", "7: kernel.disk_path: is an integer"),
    ('boot_protocol = "pxe"', '7: kernel.boot_protocol: "pxe" is not one of'),
    ('boot_protocol = "multiboot"', "7: kernel.boot_protocol: multiboot by way of"),
    ("enable_bios = true", "7: kernel.enable_bios: multiboot by way of"),
    ("enable_bios = 1", "7: kernel.enable_bios: is an integer"),
    ('bios_path = "b"\nenable_bios = false', "8: kernel.enable_bios: is false, but there is"),
    ('boot_protocol = "uefi"', '7: kernel.boot_protocol: "uefi" needs'),
    ('boot_protocol = "uefi"\nbios_path = "b"\nenable_bios = false',
     '9: kernel.enable_bios: false contradicts boot_protocol "uefi"'),
    ('boot_protocol = "direct"\nenable_bios = true',
     '8: kernel.enable_bios: true contradicts boot_protocol "direct"'),
    ('bios_path = "b"\nentry_point = 0x4000_0000', "8: kernel.entry_point: is the firmware's choice"),
    ('bios_path = "b"\nkernel_load_addr = 0x4000_0000',
     "8: kernel.kernel_load_addr: is the firmware's choice"),
    ('bios_path = "b"\nramdisk_path = "r"\nramdisk_load_addr = 0x4000_0000',
     "9: kernel.ramdisk_load_addr: is the firmware's choice"),
    ('uefi_firmware_path = "f"', "7: kernel.uefi_firmware_path: is given, but boot_protocol"),
    ("memory_regions = []", "7: kernel.memory_regions: and base.memory both say"),
]

MEMORY_ERRORS = [
    ("", "", "", "1: base.memory: is missing"),
    ('memory = "1T"', "", "", '4: base.memory: "1T" is not a size'),
    ('memory = "0"', "", "", "4: base.memory: 0 is not within"),
    ("memory = true", "", "", "4: base.memory: is a boolean"),
    ("memory = 5000", "", "", "4: base.memory: size 0x1388 is not a multiple of 0x1000"),
    ("memory_mib = 0", "", "", "4: base.memory_mib: 0 is not within"),
    ("memory_base = 1", "", '[[memory]]\nsize = "1M"', "4: base.memory_base: is given without"),
    ('memory = "1M"\nmemory_base = 0xffff_ffff_ffff_f000', "", "",
     "wrap past 64 bits"),
    ("", "memory_regions = [[0, 4096, 7]]", "", "7: kernel.memory_regions[0]: has no map_type"),
    ("", "memory_regions = [\n[0, 4096, 2, 0]]", "", "8: kernel.memory_regions[0][2]: 0x2 is not read"),
    ("", "memory_regions = [[0, 4096, 0x17, 0]]", "", "0x17 is not readable memory"),
    ("", "memory_regions = [[0, 4096, 7, 3]]", "", "7: kernel.memory_regions[0][3]: 3 is not within"),
    ("", "memory_regions = [[0, 4096, 7, 0, 1]]", "", "7: kernel.memory_regions[0]: has 5 items"),
    ("", "memory_regions = [1]", "", "7: kernel.memory_regions[0]: is an integer, not an array"),
    ("", "memory_regions = 1", "", "7: kernel.memory_regions: is an integer, not an array"),
    ("", "memory_regions = [{ gpa = 0, siz = 1 }]", "", "memory_regions[0].siz: unknown key"),
    ("", "memory_regions = [\n[0, 0x2000, 7, 0],\n[0x1000, 0x1000, 7, 0]]", "",
     "9: kernel.memory_regions[1]: memory 0x1000-0x1fff overlaps memory 0x0-0x1fff (line 8)"),
    ("", "", "[[memory]]\nbase = 0", "8: memory[0]: has no size"),
    ("", "", '[[memory]]\nsize = "1M"\n[[memory]]\nsize = "1M"', "10: memory[1]: has no base"),
    ("", "", '[[memory]]\nsize = "1M"\nprot = "w"', '10: memory[0].prot: "w" is not one of'),
    ("", "", '[[memory]]\nsize = "1M"\nkind = "x"', '10: memory[0].kind: "x" is not one of'),
    ("", "", '[[memory]]\nsize = "1M"\nsise = 1', '10: memory[0].sise: unknown key; did you mean "size"?'),
    ("", "", "".join(f"[[memory]]\nbase = {i * 4096}\nsize = 4096\n" for i in range(9)),
     "32: memory[8]: is one too many: at most 8"),
]

DEVICE_ERRORS = [
    ("device = 1", "9: devices.device: unknown key"),
    ("emu_devices = 1", "9: devices.emu_devices: is an integer"),
    ('emu_devices = [["a", 1, 4, 0]]', "9: devices.emu_devices[0]: has no emu_type"),
    ('emu_devices = [["a", 0x1000, 0x1000, 0, 0xE1, []]]', "emu_devices[0][4]: 0xe1 (virtio block) is not"),
    ('emu_devices = [["a", 0x1000, 0x1000, 0, 0x0A, []]]', "is not supported"),
    ('emu_devices = [["a", 0x1000, 0x1000, 0, 0x99, []]]', "0x99 is no device type"),
    ('emu_devices = [["a", 0x1000, 0, 0, 2, []]]', "9: devices.emu_devices[0][2]: 0 is not within"),
    ('emu_devices = [["a", 0x1000, 0x1000, 31, 2, []]]', "9: devices.emu_devices[0]: irq 31 is not within 32 to 1019"),
    ('emu_devices = [["a", 0x1000, 0x1000, 1020, 2, []]]', "irq 1020 is not within"),
    ('emu_devices = [["a", 0x1001, 0x1000, 0, 2, []]]', "base 0x1001 is not a multiple of 0x4"),
    ('emu_devices = [["a", 0x4000_0000, 0x1000, 0, 2, []]]',
     '9: devices.emu_devices[0]: "a" 0x40000000-0x40000fff overlaps memory 0x40000000-0x43ffffff (line 4)'),
    ('emu_devices = [\n["a", 0x1000, 0x1000, 33, 2, []],\n["b", 0x2000, 0x1000, 33, 2, []]]',
     '11: devices.emu_devices[1]: irq 33 of "b" is taken by "a" (line 10)'),
    ('passthrough_devices = [["/"], ["/uart"]]', "9: devices.passthrough_devices[1]: assigning a device by its path"),
    ('passthrough_devices = [["uart"]]', "9: devices.passthrough_devices[0]: has no length"),
    ("passthrough_devices = [[]]", "9: devices.passthrough_devices[0]: has no name"),
    ("passthrough_devices = [[5]]", "9: devices.passthrough_devices[0][0]: is an integer"),
    ('passthrough_devices = [["x", 1, 0x1000, 0x1000]]', "base 0x1 is not a multiple of 0x1000"),
    ('passthrough_devices = [["x", 0x1000, 1, 0x1000]]', "host 0x1 is not a multiple of 0x1000"),
    ('passthrough_devices = [["x", 0x1000, 0x1000, 0x1001]]', "size 0x1001 is not a multiple"),
    ('passthrough_devices = [["a", 0x1000, 0x1000, 0x1000], ["b", 0x1000, 0x2000, 0x1000]]',
     '"b" 0x1000-0x1fff overlaps "a" 0x1000-0x1fff (line 9)'),
    ("passthrough_addresses = [[0x1000]]", "9: devices.passthrough_addresses[0]: has no length"),
    ("passthrough_addresses = [[0x1000, 0]]", "passthrough_addresses[0][1]: 0 is not within"),
    ("passthrough_ports = [[0x60, 1]]", "9: devices.passthrough_ports: is not supported"),
    ("excluded_devices = [5]", "9: devices.excluded_devices[0]: is not a list of device-tree"),
    ("excluded_devices = 5", "9: devices.excluded_devices: is an integer"),
    ("disabled = [{ pat = 1 }]", "9: devices.disabled[0]: is not a list of device-tree"),
    ('interrupt_mode = "x"', '9: devices.interrupt_mode: "x" is not one of'),
    ("aarch64_virtual_timer_irq = 28", "9: devices.aarch64_virtual_timer_irq: 28 is not supported"),
    ("emulated = 1", "9: devices.emulated: is an integer"),
    ("emulated = [1]", "9: devices.emulated[0]: is an integer, not a table"),
    ("emulated = [{}]", "9: devices.emulated[0]: has no model"),
    ('emulated = [{ model = "pl012" }]', '9: devices.emulated[0].model: "pl012" is not one of'),
    ('emulated = [{ model = "pl011", irk = 5 }]', 'emulated[0].irk: unknown key; did you mean "irq"?'),
    ("passthrough = 1", "9: devices.passthrough: is an integer"),
    ('passthrough = [{ path = "/uart" }]', "9: devices.passthrough[0].path: assigning a device by"),
    ("passthrough = [{ base = 0x1000 }]", "9: devices.passthrough[0]: has no size"),
    ("passthrough = [{ base = 0x1000, size = 4096, compatible = 1 }]",
     "9: devices.passthrough[0].compatible: is an integer, not a string"),
    ('passthrough = [{ base = 0x1000, size = 4096, compatible = "" }]', "[0].compatible: is empty"),
    ('passthrough = [{ base = 0x1000, size = 4096, compatible = ["a", ""] }]',
     "[0].compatible[1]: is empty"),
    (f'passthrough = [{{ base = 0x1000, size = 4096, compatible = ["{"x" * 63}", "{"y" * 63}"] }}]',
     "[0].compatible: has 128 bytes with the NULs, more than 127"),
    ("passthrough_addresses = [" + ", ".join(f"[{i * 4096}, 4096]" for i in range(17)) + "]",
     "9: devices.passthrough_addresses[16]: is one too many: at most 16"),
    ("emulated = [" + '{ model = "pl031" }, ' * 17 + "]", "emulated[16]: is one too many: at most 16"),
]

ERRORS = [(toml(b), m) for b, m in BASE_ERRORS] + [(toml(kernel=k), m) for k, m in KERNEL_ERRORS] \
    + [(toml(memory=b, kernel=k, rest=r), m) for b, k, r, m in MEMORY_ERRORS] \
    + [(toml(rest=devices(d)), m) for d, m in DEVICE_ERRORS] \
    + [
    ("", "1: base.name: is missing"),
    ("[base]\n", "1: kernel.kernel_path: is missing"),
    ('[base]\nname = ""', "2: base.name: is empty"),
    ('[base]\nname = "a b"', '2: base.name: "a b" is not made of'),
    ('[base]\nname = "-a"', '2: base.name: "-a" is not made of'),
    (f'[base]\nname = "{"a" * 32}"', "2: base.name: has 32 bytes, more than 31"),
    ("base = 1", "1: base: is an integer, not a table"),
    ("memory = 1", "1: memory: is an integer, not an array"),
    ("memory = [1]", "1: memory[0]: is an integer, not a table"),
    ("[bass]", '1: bass: unknown key; did you mean "base"?'),
    ("[base]\nname =", "2: Invalid value"),
    ("[base]\n\nid = 1\nid = 2", "4: Cannot overwrite a value"),
    ("[base]\nname = \"x", "2: "),
]


@pytest.mark.parametrize("text, message", ERRORS)
def test_a_mistake_is_named_with_its_line(write, text, message):
    assert any(message in line for line in errors_of(write, text)), errors_of(write, text)


@pytest.mark.parametrize("text, message", [e for e in ERRORS if "[base]\nname = \"vm\"" in e[0]])
def test_one_mistake_makes_one_line(write, text, message):
    assert len(errors_of(write, text)) == 1 or text.count("= 4096\n") == 9


def test_all_mistakes_come_at_once_in_the_files_order(write):
    lines = errors_of(write, toml("id = -1\nspeed = 9", "entry_point = 'x'\ndisk_path = 'd'"))
    assert [line.split(" ")[1] for line in lines] == [
        "base.id:", "base.speed:", "kernel.entry_point:", "kernel.disk_path:"]


# --- Overrides

@pytest.mark.parametrize("option, prop, value", [
    ("base.cpu_num=8", "vcpus", dtb.u32(8)), ("cpu_num=0x4", "vcpus", dtb.u32(4)),
    ('name="other"', "vm-name", b"other\0"), ("name=other", "vm-name", b"other\0"),
    ("cmdline=console=ttyAMA0 quiet", "cmdline", b"console=ttyAMA0 quiet\0"),
    ("intc=gicv2", "intc", b"gicv2\0"),
])
def test_an_override_replaces_a_key(write, good, option, prop, value):
    assert compile_text(write, good, option)[0].props[prop] == value


@pytest.mark.parametrize("text", [toml(), toml(memory="memory_mib = 8"),
                                  toml(memory="", rest='[[memory]]\nsize = "1M"'),
                                  toml(memory="", kernel="memory_regions = [[0, 4096, 7, 0]]")])
def test_an_override_of_memory_replaces_every_way_to_say_it(write, text):
    root, _, _ = compile_text(write, text, "memory=2G")
    assert memory_of(root) == [(0x40000000, 2 << 30, 7, b"eager\0")]


@pytest.mark.parametrize("option, message", [
    ("cpu_num", "--set cpu_num: not of the form key=value"),
    ("=1", "--set =1: not of the form"),
    ("base.name.x=1", "--set base.name.x=1: name is a string, not a table"),
    ("cpu_num=99", "--set base.cpu_num: base.cpu_num: 99 is not within"),
    ("base.speed=1", "--set base.speed: base.speed: unknown key"),
])
def test_a_bad_override_is_named(write, good, option, message):
    assert any(line.startswith(message) for line in errors_of(write, good, option))


# --- Whole files

@pytest.mark.parametrize("path", SAMPLES + EXAMPLES, ids=lambda p: p.stem)
def test_sample_files_are_accepted(path):
    data, images = axconf.compile_file(path, warn=lambda w: None)
    assert dtb.read(data).props["version"] == dtb.u32(1)
    assert {"kernel", "bios"} & set(images)


@pytest.mark.parametrize("path", SAMPLES + EXAMPLES, ids=lambda p: p.stem)
def test_a_dump_compiles_to_the_same_blob(path, write):
    data, _ = axconf.compile_file(path, warn=lambda w: None)
    again = write(blob.to_toml(blob.read(data)))
    assert axconf.compile_file(again, warn=print)[0] == data


@pytest.mark.parametrize("arch, irq", [("x86_64", 4), ("riscv64", 10), ("aarch64", 40)])
def test_a_dump_keeps_interrupts_valid(write, arch, irq):
    text = toml(f'arch = "{arch}"', rest=f'[[devices.emulated]]\nmodel = "ns16550a"\nirq = {irq}\n')
    data, _ = axconf.compile_file(write(text))
    assert axconf.compile_file(write(blob.to_toml(blob.read(data))))[0] == data


def test_there_are_samples():
    assert len(SAMPLES) >= 5 and len(EXAMPLES) >= 3


# --- The command

def run(*args):
    return subprocess.run([sys.executable, TOOLS / "axconf.py", *map(str, args)],
                          capture_output=True, text=True, check=False)


def test_check_says_everything_about_every_file(write, good):
    bad, fine = write(good.replace("64M", "x").replace("vm", "v m"), "bad.toml"), write(good)
    result = run("check", bad, fine, "/nonexistent.toml")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f'{bad}:2: base.name: "v m" is not made of letters, digits, ".", "_" and "-" alone',
        f'{bad}:4: base.memory: "x" is not a size such as "512M"',
        "/nonexistent.toml: No such file or directory"]
    assert run("check", fine).returncode == 0


def test_build_and_dump_go_through_files(write, good, tmp_path):
    out = tmp_path / "vm.blob"
    assert run("build", write(good), "-o", out, "--set", "cpu_num=3").returncode == 0
    result = run("dump", out)
    assert result.returncode == 0 and "cpu_num = 3" in result.stdout
    assert run("build", write(good), "-o", "/nonexistent/x").returncode == 1
    old = write(good.replace("cpu_num", "vm_type = 1\ncpu_num"))
    assert "warning: base.vm_type" in run("build", old, "-o", out).stderr
    assert run("build", "--quiet", old, "-o", out).stderr == ""


def test_a_file_that_is_not_text_is_named(write):
    assert "is not UTF-8" in errors_of(write, b"\xff\xfe")[0]


@pytest.mark.parametrize("damage, message", [
    (lambda b: b[:20], "too short"), (lambda b: b[:-4], "cut short"), (lambda b: b"x" * 64, "no device"),
    (lambda b: b.replace(b"axvisor,vm", b"axvisor,xx"), "not a VM configuration"),
    (lambda b: b.replace(b"vcpus\0", b"vcpuz\0"), "has no 'vcpus'"),
])
def test_a_damaged_blob_is_not_dumped(write, good, damage, message):
    data, _ = axconf.compile_file(write(good))
    result = run("dump", write(damage(data), "x.vm"))
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr


def test_no_damaged_byte_brings_the_reader_down(write, good):
    data, _ = axconf.compile_file(write(good))
    for i in range(len(data)):
        bad = data[:i] + bytes([data[i] ^ 0xFF]) + data[i + 1:]
        try:
            blob.read(bad)
        except dtb.DtbError:
            pass
