# SPDX-License-Identifier: Apache-2.0
"""Our guests for single features: under the hypervisor they print what they print on plain QEMU."""
import difflib
import functools
import re
import subprocess
from dataclasses import dataclass, replace

import pytest

import builds
import console
import machine
from arches import AARCH64, RISCV64, Arch

LIMIT = 400  # seconds until QEMU is killed: far above what any of them takes
OURS = "[axvisor] "  # lines of the hypervisor itself
# What QEMU's firmware says before each start of a RISC-V guest.
OPENSBI = re.compile(r"^\n?OpenSBI v.*?\n(Boot HART[^\n]*\n)+", re.M | re.S)


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
    arch: Arch = AARCH64

    def __str__(self):
        words = [self.cmdline, "" if self.cpu in ("cortex-a72", "rv64") else self.cpu]
        return "-".join([*([] if self.arch is AARCH64 else [self.arch.name]), self.name,
                         *(re.sub(r"\W+", "_", word) for word in words if word),
                         f"{self.vcpus}on{self.cpus or self.vcpus}"])

    def image(self):
        return self.arch.guests / f"{self.name}.bin"

    def plain_cpu(self):
        """The processor that the guest finds under the hypervisor."""
        return self.cpu + (",h=false" if self.arch is RISCV64 else "")


def riscv(name, cpu="rv64", **kwargs):
    return Guest(name, cpu=cpu, arch=RISCV64, gics=(0,), **kwargs)


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

SAME += [
    riscv("csrs"),
    riscv("fp", vcpus=4, cpus=1),
    riscv("fp", vcpus=4, cpus=2, cmdline="seed=7"),
    riscv("hsm", vcpus=4),
    riscv("hsm", vcpus=4, cpus=2),
    riscv("insn"),
    riscv("ipi", vcpus=4),
    riscv("ipi", vcpus=4, cpus=1),
    riscv("mmio"),
    riscv("mmu", vcpus=4),
    riscv("mmu", vcpus=4, cpus=2),
    riscv("plic", vcpus=2),
    riscv("plic", vcpus=4, cpus=2),
    riscv("sbi", vcpus=2),
    riscv("sbi", vcpus=2, memory=128, cmdline="mode=reset"),
    riscv("timers"),
    riscv("timers", vcpus=4, cpus=2),
    riscv("timers", vcpus=4, cpus=2, cpu="rv64,sstc=off"),
    riscv("vector", vcpus=4, cpus=2, cpu="rv64,v=true,vext_spec=v1.0"),
    riscv("wfi", vcpus=2, cpus=1),
    riscv("wfi", vcpus=4, cpus=2),
    riscv("wfi", vcpus=4, cpus=2, cpu="rv64,sstc=off"),
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
    riscv("csrs", cmdline="mode=sweep"),
    riscv("mmio", cmdline="mode=strict"),
    riscv("plic", cmdline="mode=strict"),
    riscv("sbi", vcpus=2, cmdline="mode=strict"),
    riscv("wild", vcpus=4, cpus=2),
]


@functools.cache
def built(arch):
    """Once: the hypervisor and the guests."""
    return machine.hypervisor(arch)


def run(argv, log):
    """The transcript of a machine that ends by itself."""
    folder = builds.LOGS / "system"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    (folder / log).write_text(text)
    text = OPENSBI.sub("", text)
    assert done.returncode == 0, f"QEMU ended with {done.returncode}; build/logs/system/{log}:\n" + \
        "\n".join(text.splitlines()[-30:])
    return text.splitlines()


def log_name(guest, gic, more=""):
    return f"guest-{guest}{f'-gic{gic}' if guest.arch.has_gic else ''}{more}.log"


def on_qemu(guest, gic):
    built(guest.arch)
    argv = machine.qemu(guest.memory, guest.vcpus, guest.plain_cpu(), gic, "stdio", LIMIT, False,
                        machine.boot_args(guest.image(), None, guest.cmdline if guest.plain is None
                                          else guest.plain), guest.arch)
    return run(argv, log_name(guest, gic, "-plain"))


def under(vms, cpus, cpu, gic, log):
    """All lines of a machine with the hypervisor and @vms."""
    arch = vms[0].arch
    bundle = machine.bundle(vms, builds.BUILD / "system")
    memory = sum(vm.memory for vm in vms) + machine.HYPERVISOR_MIB
    return run(machine.qemu(memory, cpus, cpu, gic, "stdio", LIMIT, True,
                            machine.boot_args(built(arch), bundle), arch), log)


def under_hypervisor(guest, gic):
    """The guest's lines. It powers off by itself, and its VM has not failed."""
    vm = machine.Vm(arch=guest.arch, name=guest.name, vcpus=guest.vcpus, memory=guest.memory, gic=gic,
                    kernel=guest.image(), cmdline=guest.cmdline)
    lines = under([vm], guest.cpus or guest.vcpus, guest.cpu, gic, log_name(guest, gic))
    assert f"{OURS}vm {guest.name}: off" in lines, "\n".join(lines[-30:])
    return [line for line in lines if not line.startswith(OURS)]


def assert_same(ours, theirs):
    assert ours == theirs, "\n".join(difflib.unified_diff(theirs, ours, "plain", "ours", lineterm="", n=1))


def cases(guests):
    return [pytest.param(g, gic, id=f"{g}-gic{gic}" if g.arch.has_gic else str(g))
            for g in guests for gic in g.gics]


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
@pytest.mark.parametrize("guest, gic", cases([
    Guest("fp", vcpus=2, cpus=1, gics=(3,)), Guest("fp", vcpus=2, gics=(2,)), Guest("fp", gics=(3,)),
    riscv("fp", vcpus=2, cpus=1), riscv("fp", vcpus=2), riscv("fp")]))
def test_two_vms_do_not_share_fp_registers(guest, gic):
    """Different patterns, more vCPUs than CPUs: each finds its own, over exits and preemption."""
    built(guest.arch)
    vms = [machine.Vm(arch=guest.arch, name=name, vcpus=guest.vcpus, memory=guest.memory, gic=gic,
                      kernel=guest.image(), cmdline=f"seed={seed} rounds=400")
           for name, seed in (("odd", 1), ("even", 2))]
    lines = under(vms, guest.cpus or guest.vcpus, guest.cpu, gic, log_name(guest, gic, "-two"))
    for vm in vms:
        own = [line[len(vm.name) + 3:] for line in lines if line.startswith(f"[{vm.name}] ")]
        assert own[-1] == "done", "\n".join(lines[-30:])
        assert own[-1 - guest.vcpus:-1] == [f"cpu {n}: 400 rounds, 0 wrong" for n in range(guest.vcpus)]
        assert f"{OURS}vm {vm.name}: off" in lines
