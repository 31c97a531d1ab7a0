# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel on every shape of machine: all its CPUs come up, and each of them gets its timer and
the others' inter-processor interrupts."""
import pytest

from console import counts, interrupts, plain

# vCPUs, CPUs, GIC, QEMU's CPU model
SHAPES = {
    "default": (4, 4, 3, "neoverse-n1"),
    "one vCPU": (1, 4, 3, "neoverse-n1"),
    "eight vCPUs": (8, 4, 3, "neoverse-n1"),
    "four vCPUs on two CPUs": (4, 2, 3, "neoverse-n1"),
    "four vCPUs on one CPU": (4, 1, 3, "neoverse-n1"),
    "GICv2": (4, 4, 2, "neoverse-n1"),
    "GICv2, eight vCPUs": (8, 4, 2, "cortex-a72"),
    "Cortex-A57": (4, 4, 3, "cortex-a57"),
    "Cortex-A72": (4, 4, 3, "cortex-a72"),
    "max": (4, 4, 3, "max"),
}

# Pipes between processes that wake each other up make the scheduler of one CPU call the others.
EXERCISE = ("i=0; while [ $i -lt {jobs} ]; do (seq 5000 | sort -n | tail -1 >/dev/null)& i=$((i+1)); "
            "done; wait")


@pytest.mark.parametrize("vcpus, cpus, gic, cpu", SHAPES.values(), ids=SHAPES.keys())
def test_all_cpus_take_interrupts(start, vcpus, cpus, gic, cpu):
    c = start.linux(vcpus=vcpus, cpus=cpus, gic=gic, cpu=cpu).agent()
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
    timer = counts(table, "arch_timer")
    assert len(timer) == vcpus and all(timer), table
    assert vcpus == 1 or len(ipis) == vcpus and all(ipis), table
    assert {2: "GIC-0 ", 3: "GICv3 "}[gic] in table, table
    dmesg = c.output("dmesg")
    for bad in ("BUG:", "WARNING:", "rcu: INFO", "soft lockup", "Unhandled", "failed to come online"):
        assert bad not in dmesg, dmesg[-4000:]


@pytest.mark.parametrize("memory", [128, 1024, 3072])
def test_the_guest_has_the_memory_configured(start, memory):
    c = start.linux(vcpus=2, memory=memory, cpus=2).agent()
    total = int(c.output("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    assert memory * 1024 * 0.75 < total <= memory * 1024


def test_the_vm_ends_where_qemu_was_told(start):
    """Physical memory as the guest sees it: what is configured, at the machine's place."""
    c = start.linux(vcpus=1, memory=256, cpus=1).agent()
    ram = [x for x in c.output("cat /proc/iomem").splitlines() if x.endswith(": System RAM")]
    assert ram[0].split("-")[0].strip() == "40000000"
    assert ram[-1].split(" :")[0].split("-")[1] == "4fffffff" or plain()
