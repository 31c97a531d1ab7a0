# SPDX-License-Identifier: Apache-2.0
"""Two Linux of one guest-physical layout: one whose memory lies where it does in the host, one with
memory from anywhere."""
import json
import socket

import pytest

import console
import machine
import memory_work
from shared_console import SharedConsole, assert_quiet

pytestmark = pytest.mark.skipif(console.plain(), reason="needs the hypervisor")

NAMES = ("identical", "ordinary")
BASE = 0x60000000
SIZE = memory_work.MEMORY << 20
IDENTITY = {"kernel.memory_regions": [[BASE, SIZE, 7, 1]]}
HOST_MIB = 1024  # RAM of QEMU's machine begins at 0x40000000
LOOK = f"grep -c '^ *{BASE:08x}-{BASE + SIZE - 1:08x} : System RAM' /proc/iomem"


class Monitor:
    """QEMU's own view of the machine."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            said = json.loads(self.file.readline())
            assert "error" not in said, said
            if "return" in said:
                return said["return"]


@pytest.fixture
def pair(start, tmp_path):
    monitor = tmp_path / "qmp"
    ordinary = {"base.memory_base": BASE}
    vms = [machine.linux(name=name, vcpus=2, memory=memory_work.MEMORY, extra=extra)
           for name, extra in zip(NAMES, (IDENTITY, ordinary))]
    shared = SharedConsole(start(*vms, cpus=2, seconds=1500, memory=HOST_MIB,
                                 extra=["-qmp", f"unix:{monitor},server=on,wait=off"]), NAMES)
    for vm in shared:
        memory_work.teach(vm.agent())
    shared.monitor = Monitor(monitor)
    return shared


def test_both_compute_and_one_is_where_it_seems_to_be(pair, tmp_path):
    for turn in range(2):
        for vm in pair:
            memory_work.begin(vm, vm.number, turn)
        for vm in pair:
            assert vm.answer() == memory_work.sums(vm.number, turn), (vm.name, turn)
    for vm in pair:
        assert vm.output(LOOK) == "1\n", vm.name
        vm.output(f"for i in $(seq 500); do echo memory of $((1000+$i)) {vm.name} ; done >/tmp/mark")
    dump = tmp_path / "memory"
    pair.monitor.run("pmemsave", val=BASE, size=SIZE, filename=str(dump))
    memory = dump.read_bytes()
    assert b"memory of 1499 identical" in memory
    assert b"memory of 1499 ordinary" not in memory
    for vm in pair:
        assert_quiet(vm)


def test_it_restarts_where_it_was(pair):
    identical, ordinary = pair
    memory_work.begin(ordinary, 1, 0)
    identical.leave("reboot -f")
    memory_work.teach(identical.agent())
    memory_work.begin(identical, 0, 0)
    assert ordinary.answer() == memory_work.sums(1, 0)
    assert identical.answer() == memory_work.sums(0, 0)
    assert identical.output(LOOK) == "1\n"


def test_memory_that_is_not_free_is_named_and_the_others_start(start):
    """The hypervisor's image lies in the range of the first, nothing at all in that of the second."""
    taken, nowhere, good = (
        machine.Vm(name=name, vcpus=1, memory=32, kernel=machine.hello(), extra=extra)
        for name, extra in (("taken", {"kernel.memory_regions": [[0x40000000, 32 << 20, 7, 1]]}),
                            ("nowhere", {"kernel.memory_regions": [[0x100000000, 1 << 20, 7, 1]]}),
                            ("good", {})))
    c = start(taken, nowhere, good, cpus=1, memory=512)
    c.expect(r"vm taken: memory\[0\]: the host's memory at 0x40000000-0x41ffffff is not free: "
             r"0x40000000-0x41ffffff is in use\r?\n")
    c.expect(r"vm nowhere: memory\[0\]: the host's memory at 0x100000000-0x1000fffff is not free: "
             r"0x100000000-0x1000fffff is not memory\r?\n")
    c.expect(r"\[good\] tick 5\r?\n")
