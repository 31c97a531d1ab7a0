# SPDX-License-Identifier: Apache-2.0
"""Our guests for single features: under the hypervisor they print what they print on plain QEMU."""
import difflib
import re
import subprocess
from dataclasses import dataclass, replace

import pytest

import builds
import console
import machine
from arches import AARCH64

LIMIT = 400  # seconds until QEMU is killed: far above what any of them takes
OURS = "[axvisor] "  # lines of the hypervisor itself


@dataclass(frozen=True)
class Guest:
    """One guest in one mode. @cpus: of the host, as many as vCPUs if 0."""
    name: str
    vcpus: int = 1
    cpus: int = 0
    memory: int = 64
    gics: tuple = (3, 2)
    cmdline: str = ""
    plain: str = None  # the command line on plain QEMU, if another
    cpu: str = "cortex-a72"

    def __str__(self):
        mode = re.sub(r"\W+", "_", self.cmdline)
        return "-".join([self.name, *([mode] if mode else []), *([self.cpu] if self.cpu != "cortex-a72" else []),
                         f"{self.vcpus}on{self.cpus or self.vcpus}"])

    def image(self):
        return builds.BUILD / "aarch64" / "guests" / f"{self.name}.bin"


# What these print holds on every machine with the same processor and interrupt controller.
SAME = [
    Guest("absent"),
    Guest("el0"),
    Guest("el0", cpu="neoverse-n1", gics=(3,)),
    Guest("el0", cpu="max", gics=(3,)),
    Guest("fp", vcpus=4, cpus=1),
    Guest("fp", vcpus=4, cpus=2, cmdline="seed=7", gics=(3,)),
    Guest("fp", vcpus=2, cpu="max", gics=(3,)),
    Guest("mmio"),
    Guest("mmio", cpu="max", gics=(3,)),
    Guest("psci", vcpus=4),
    Guest("psci", vcpus=4, cpus=2, gics=(3,)),
    Guest("psci", vcpus=2, cmdline="mode=reset"),
    Guest("sysregs"),
    Guest("sysregs", cpu="max", gics=(3,)),
]

# The interrupt controller. QEMU's GICv3 says one word of interrupts too few and has LPIs; what its GICv2
# does against IHI 0048 is left out there ("full" has it), and compared with the GICv3 below.
SAME += [
    Guest("cpuif", cmdline="full", gics=(3,)),
    Guest("cpuif", gics=(2,)),
    Guest("gicd", vcpus=2, plain="lines=288", gics=(3,)),
    Guest("gicd", gics=(2,)),
    Guest("gicd", vcpus=2, gics=(2,)),
    Guest("gicr", cmdline="nolpi", plain="", gics=(3,)),
    Guest("gicr", vcpus=4, cpus=2, cmdline="nolpi", plain="", gics=(3,)),
    Guest("irqs", cmdline="full", gics=(3,)),
    Guest("irqs", vcpus=4, cmdline="full", gics=(3,)),
    Guest("irqs", vcpus=4, cpus=2, cmdline="full", gics=(3,)),
    Guest("irqs", gics=(2,)),
    Guest("irqs", vcpus=4, cpus=2, gics=(2,)),
    Guest("timers"),
    Guest("timers", vcpus=4, cpus=2),
    Guest("wfi", vcpus=2, cmdline="rounds=4000"),
    Guest("wfi", vcpus=2, cpus=1),
    Guest("wfi", vcpus=4, cpus=2, cmdline="rounds=2000"),
    Guest("wfi", vcpus=4, cpus=1, gics=(3,)),
]

# These say the same with either controller, of which QEMU's GICv3 is the one that does it all.
AS_GICV3 = [
    Guest("cpuif", cmdline="split", gics=(2,)),
    Guest("irqs", vcpus=4, cpus=2, cmdline="full", gics=(2,)),
]

# The same calls by SMC, which plain QEMU does not have: as by HVC there.
BY_SMC = [
    Guest("psci", vcpus=4, cmdline="by=smc"),
]

# These know themselves what has to be, with the clause: "x: ok" for each promise, then "done".
CHECKED = [
    Guest("calls"),
    Guest("mmio", cmdline="mode=refused", cpu="neoverse-n1"),
    Guest("psci", vcpus=4, cmdline="mode=strict", gics=(3,)),
    Guest("psci", vcpus=4, cmdline="mode=strict by=smc", gics=(2,)),
    Guest("psci", vcpus=2, cmdline="mode=reset2", gics=(3,)),
    Guest("sysregs", cmdline="mode=sweep"),
    Guest("sysregs", cmdline="mode=sweep", cpu="max", gics=(3,)),
    Guest("sysregs", cmdline="mode=ids", gics=(3,)),
    Guest("sysregs", cmdline="mode=ids", cpu="max", gics=(3,)),
]


@pytest.fixture(scope="module", autouse=True)
def built(image):
    if image is None:  # plain QEMU only: the guests are built all the same
        machine.hypervisor()


def run(argv, log):
    """The transcript of a machine that ends by itself."""
    folder = builds.LOGS / "system"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    (folder / log).write_text(text)
    assert done.returncode == 0, f"QEMU ended with {done.returncode}; build/logs/system/{log}:\n" + \
        "\n".join(text.splitlines()[-30:])
    return text.splitlines()


def on_qemu(guest, gic):
    argv = machine.qemu(guest.memory, guest.vcpus, guest.cpu, gic, "stdio", LIMIT, False,
                        machine.boot_args(guest.image(), None, guest.cmdline if guest.plain is None
                                          else guest.plain))
    return run(argv, f"guest-{guest}-gic{gic}-plain.log")


def under(vms, cpus, cpu, gic, log):
    """All lines of a machine with the hypervisor and @vms."""
    bundle = machine.bundle(vms, builds.BUILD / "system")
    memory = sum(vm.memory for vm in vms) + machine.HYPERVISOR_MIB
    return run(machine.qemu(memory, cpus, cpu, gic, "stdio", LIMIT, True,
                            machine.boot_args(AARCH64.image, bundle)), log)


def under_hypervisor(guest, gic):
    """The guest's lines. It powers off by itself, and its VM has not failed."""
    vm = machine.Vm(name=guest.name, vcpus=guest.vcpus, memory=guest.memory, gic=gic,
                    kernel=guest.image(), cmdline=guest.cmdline)
    lines = under([vm], guest.cpus or guest.vcpus, guest.cpu, gic, f"guest-{guest}-gic{gic}.log")
    assert f"{OURS}vm {guest.name}: off" in lines, "\n".join(lines[-30:])
    return [line for line in lines if not line.startswith(OURS)]


def assert_same(ours, theirs):
    assert ours == theirs, "\n".join(difflib.unified_diff(theirs, ours, "plain", "ours", lineterm="", n=1))


def cases(guests):
    return [pytest.param(g, gic, id=f"{g}-gic{gic}") for g in guests for gic in g.gics]


@pytest.mark.parametrize("guest, gic", cases(SAME))
def test_the_transcript_is_that_of_the_bare_machine(guest, gic):
    theirs = on_qemu(guest, gic)
    assert theirs[-1] == "done", "\n".join(theirs[-30:])
    if not console.plain():
        assert_same(under_hypervisor(guest, gic), theirs)


@pytest.mark.skipif(console.plain(), reason="plain QEMU's GICv2 differs")
@pytest.mark.parametrize("guest, gic", cases(AS_GICV3))
def test_a_gicv2_does_what_the_bare_gicv3_does(guest, gic):
    assert_same(under_hypervisor(guest, gic), on_qemu(guest, 3))


@pytest.mark.skipif(console.plain(), reason="plain QEMU has no SMC at EL1")
@pytest.mark.parametrize("guest, gic", cases(BY_SMC))
def test_smc_answers_as_hvc_does_on_the_bare_machine(guest, gic):
    assert_same(under_hypervisor(guest, gic), on_qemu(replace(guest, cmdline=""), gic))


@pytest.mark.skipif(console.plain(), reason="promises of the hypervisor")
@pytest.mark.parametrize("guest, gic", cases(CHECKED))
def test_the_guest_finds_what_it_was_promised(guest, gic):
    lines = under_hypervisor(guest, gic)
    assert lines[-1] == "done" and len(lines) > 1, "\n".join(lines[-30:])
    assert not [line for line in lines if "WRONG" in line], "\n".join(lines)


@pytest.mark.skipif(console.plain(), reason="needs the hypervisor")
@pytest.mark.parametrize("gic, vcpus, cpus", [(3, 2, 1), (2, 2, 2), (3, 1, 1)])
def test_two_vms_do_not_share_fp_registers(gic, vcpus, cpus):
    """Different patterns, more vCPUs than CPUs: each finds its own, over exits and preemption."""
    guest = Guest("fp", vcpus=vcpus)
    vms = [machine.Vm(name=name, vcpus=vcpus, memory=guest.memory, gic=gic, kernel=guest.image(),
                      cmdline=f"seed={seed} rounds=400")
           for name, seed in (("odd", 1), ("even", 2))]
    lines = under(vms, cpus, guest.cpu, gic, f"guest-fp-two-{vcpus}on{cpus}-gic{gic}.log")
    for vm in vms:
        own = [line[len(vm.name) + 3:] for line in lines if line.startswith(f"[{vm.name}] ")]
        assert own[-1] == "done", "\n".join(lines[-30:])
        assert own[-1 - vcpus:-1] == [f"cpu {n}: 400 rounds, 0 wrong" for n in range(vcpus)]
        assert f"{OURS}vm {vm.name}: off" in lines
