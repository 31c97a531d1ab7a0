# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel on every shape of machine: all its CPUs come up, and each of them gets its timer and
the others' inter-processor interrupts."""
import pytest

import setup_host
from arches import AARCH64, RISCV64
from console import INTC, TIMER, counts, interrupts, plain

# The architecture, vCPUs, CPUs, and what else the machine is: --cpu, --gic, more for QEMU.
SHAPES = {
    "default": (AARCH64, 4, 4, {}),
    "one vCPU": (AARCH64, 1, 4, {}),
    "eight vCPUs": (AARCH64, 8, 4, {}),
    "four vCPUs on two CPUs": (AARCH64, 4, 2, {}),
    "four vCPUs on one CPU": (AARCH64, 4, 1, {}),
    "GICv2": (AARCH64, 4, 4, {"gic": 2}),
    "GICv2, eight vCPUs": (AARCH64, 8, 4, {"gic": 2, "cpu": "cortex-a72"}),
    "Cortex-A57": (AARCH64, 4, 4, {"cpu": "cortex-a57"}),
    "Cortex-A72": (AARCH64, 4, 4, {"cpu": "cortex-a72"}),
    "max": (AARCH64, 4, 4, {"cpu": "max"}),
    "riscv64": (RISCV64, 4, 4, {}),
    "riscv64, one vCPU": (RISCV64, 1, 4, {}),
    "riscv64, eight vCPUs": (RISCV64, 8, 4, {}),
    "riscv64, four vCPUs on two harts": (RISCV64, 4, 2, {}),
    "riscv64, without Sstc": (RISCV64, 4, 4, {"cpu": "rv64,sstc=off"}),
    "riscv64, four on one hart without Sstc": (RISCV64, 4, 1, {"cpu": "rv64,sstc=off"}),
    "riscv64, eight harts with an ACLINT": (RISCV64, 8, 8, {"extra": ["-M", "aclint=on"]}),
    "riscv64, vectors": (RISCV64, 2, 2, {"cpu": "rv64,v=true"}),
}
# What a host's satp and hgatp take, where QEMU can be told: from 8.0 on.
PAGING = {"sv39": "rv64,sv48=off,sv57=off", "sv48": "rv64,sv57=off", "sv57": "rv64"}
# Pipes between processes that wake each other up make the scheduler of one CPU call the others.
EXERCISE = ("i=0; while [ $i -lt {jobs} ]; do (seq 5000 | sort -n | tail -1 >/dev/null)& i=$((i+1)); "
            "done; wait")


@pytest.mark.parametrize("arch, vcpus, cpus, machine", SHAPES.values(), ids=SHAPES.keys())
def test_all_cpus_take_interrupts(start, arch, vcpus, cpus, machine):
    c = start.linux(arch=arch, vcpus=vcpus, cpus=cpus, **machine).agent()
    assert c.output("nproc") == f"{vcpus}\n"
    assert c.output("cat /sys/devices/system/cpu/online") == ("0\n" if vcpus == 1 else
                                                              f"0-{vcpus - 1}\n")
    for _ in range(4):
        c.output(EXERCISE.format(jobs=2 * vcpus))
        rows = interrupts(table := c.output("cat /proc/interrupts"))
        ipis = [sum(r) for r in zip(*(row for name, (row, _) in rows.items()
                                      if name.startswith("IPI")))]
        if vcpus == 1 or all(ipis):
            break
    timer = counts(table, TIMER[arch.name])
    assert len(timer) == vcpus and all(timer), table
    assert vcpus == 1 or len(ipis) == vcpus and all(ipis), table
    assert ("GIC-0 " if machine.get("gic") == 2 else INTC[arch.name]) in table, table
    dmesg = c.output("dmesg")
    for bad in ("BUG:", "WARNING:", "rcu: INFO", "soft lockup", "Unhandled", "failed to come online"):
        assert bad not in dmesg, dmesg[-4000:]


@pytest.mark.parametrize("mode", PAGING)
def test_hosts_with_three_four_and_five_levels(start, mode):
    version = setup_host.version_of(setup_host.output(RISCV64.qemu, "--version"))
    if "off" in PAGING[mode] and version < (8, 0):
        pytest.skip("QEMU before 8.0 cannot be told: its harts have all modes")
    c = start.linux(arch=RISCV64, vcpus=2, cpus=2, cpu=PAGING[mode]).agent()
    assert c.output("grep -c '^mmu.*: {0}$' /proc/cpuinfo".format(mode)) == "2\n"
    c.output(EXERCISE.format(jobs=4))
    assert "WARNING:" not in c.output("dmesg")


@pytest.mark.parametrize("arch, memory", [(AARCH64, 128), (AARCH64, 1024), (AARCH64, 3072),
                                          (RISCV64, 192), (RISCV64, 3072)],
                         ids=lambda v: getattr(v, "name", v))
def test_the_guest_has_the_memory_configured(start, arch, memory):
    c = start.linux(arch=arch, vcpus=2, memory=memory, cpus=2).agent()
    total = int(c.output("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    kernel = {"aarch64": 32, "riscv64": 72}[arch.name]  # MiB that it keeps to itself of a small one
    assert (memory - kernel) * 1024 * 0.95 < total <= memory * 1024


def test_the_vm_ends_where_qemu_was_told(start, arch):
    """Physical memory as the guest sees it: what is configured, at the machine's place."""
    c = start.linux(vcpus=1, memory=256, cpus=1).agent()
    ram = [x for x in c.output("cat /proc/iomem").splitlines() if x.endswith(": System RAM")]
    if not plain():  # QEMU's own firmware takes some of it
        assert ram[0].split("-")[0].strip() == f"{arch.ram:x}"
        assert ram[-1].split(" :")[0].split("-")[1] == f"{arch.ram + (256 << 20) - 1:x}"
