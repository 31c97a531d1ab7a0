# SPDX-License-Identifier: Apache-2.0
"""The architectures that ./run, ./bench and ./test know: one row of facts each, so that nothing else asks
which one it is."""
from dataclasses import dataclass

import builds


@dataclass(frozen=True)
class Kernel:
    """One of Debian's kernels that can be asked for by name."""
    suite: str
    flavour: str
    version: str  # what its versions begin with


@dataclass(frozen=True)
class Firmware:
    """A file of a package that holds a firmware of QEMU's machine "virt"."""
    file: str  # its name here
    package: str
    pattern: str  # of its path in the package
    ram: int = None  # where in memory it is started; None: in flash


@dataclass(frozen=True, eq=False)
class Arch:
    name: str  # the build folder, configurations' base.arch, and the word for ./run
    # Debian's side
    debian: str  # its name for the architecture
    suite: str  # where its packages come from; None: this machine's own suite
    variables: str  # ends the names of environment variables that name files of this architecture
    flavour: str  # of the kernel that is used when none is asked for
    kernels: dict
    firmwares: dict
    # the tools
    prefix: str  # of the cross compiler and binutils
    float_abi: bool  # whether packaged archives have to be told that they pass no floats in registers
    # QEMU's side
    qemu: str
    qemu_package: str
    qemu_files: tuple  # firmware that comes with QEMU and that it starts by itself
    cpu: str  # the model, if none is asked for
    machine: str  # of -M, with {gic}
    hypervisor: str  # more for -M where the hypervisor runs
    cpu_always: str  # more for -cpu where the hypervisor runs
    plain_flash: str  # what starts a firmware in flash on QEMU itself: {path}
    plain_flash_since: tuple  # version of QEMU
    ram: int  # where memory begins
    # the guest's side
    console: str
    # ./bench's side
    bench_cpu: str  # a CPU on which a guest can count instructions
    mark: int  # a no-op that tools/bench/insn_marks.c sees, and the bits of its number
    mark_number: int
    kernel_magic: bytes  # at 56 in the head of the architecture's Image
    compressed: bool  # whether there are instructions of two bytes
    firmware_nodes: tuple  # what QEMU's own firmware needs in a device tree and a guest's does not have

    @property
    def folder(self):
        return builds.BUILD / self.name

    @property
    def image(self):
        """The hypervisor with its shell."""
        return self.folder / "apps" / "axvisor" / "axvisor.bin"

    @property
    def guests(self):
        """Where the guests of this tree are built."""
        return self.folder / "guests"

    @property
    def cmdline(self):
        return f"console={self.console} quiet loglevel=3"

    @property
    def has_gic(self):
        return "{gic}" in self.machine


AARCH64 = Arch(
    name="aarch64",
    debian="arm64", suite=None, variables="", flavour="cloud-arm64",
    kernels={"6.1": Kernel("bookworm", "cloud-arm64", "6.1"),
             "6.12": Kernel("trixie", "cloud-arm64", "6.12"),
             "rt": Kernel("bookworm", "rt-arm64", "6.1")},
    firmwares={"u-boot": Firmware("u-boot.bin", "u-boot-qemu", r"\./usr/lib/u-boot/qemu_arm64/u-boot\.bin"),
               "edk2": Firmware("edk2.fd", "qemu-efi-aarch64",
                                r"\./usr/share/qemu-efi-aarch64/QEMU_EFI\.fd")},
    prefix="aarch64-linux-gnu-", float_abi=False,
    qemu="qemu-system-aarch64", qemu_package="qemu-system-arm", qemu_files=(),
    cpu="neoverse-n1",  # the fastest under TCG: pointer authentication makes "max" slow
    machine="virt,gic-version={gic}", hypervisor=",virtualization=on", cpu_always="",
    plain_flash="-bios {path}", plain_flash_since=(7, 2), ram=0x40000000,
    console="ttyAMA0",
    bench_cpu="neoverse-n1,cntfrq=1000000000",  # CNTVCT_EL0
    mark=0x9280001F, mark_number=0x001FFFE0,  # MOVN XZR, #n
    kernel_magic=b"ARM\x64", compressed=False, firmware_nodes=())

RISCV64 = Arch(
    name="riscv64",
    debian="riscv64", suite="trixie", variables="_RISCV64", flavour="riscv64",
    kernels={"6.12": Kernel("trixie", "riscv64", "6.12")},
    firmwares={"u-boot": Firmware("u-boot.bin", "u-boot-qemu",
                                  r"\./usr/lib/u-boot/qemu-riscv64_smode/u-boot\.bin", 0x80200000),
               "edk2": Firmware("edk2.fd", "qemu-efi-riscv64",
                                r"\./usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE\.fd")},
    prefix="riscv64-linux-gnu-", float_abi=True,
    qemu="qemu-system-riscv64", qemu_package="qemu-system-misc",
    qemu_files=("opensbi-riscv64-generic-fw_dynamic.bin",),
    cpu="rv64", machine="virt", hypervisor="", cpu_always=",h=true",
    plain_flash="-drive if=pflash,unit=0,format=raw,readonly=on,file={path}", plain_flash_since=(8, 1),
    ram=0x80000000,
    console="ttyS0",
    bench_cpu="rv64",  # the CSR cycle, which -icount makes the count of instructions
    mark=0x00002013, mark_number=0xFFF00000,  # slti x0, x0, n: a hint for custom use
    kernel_magic=b"RSC\x05", compressed=True,
    firmware_nodes=("clint@2000000", "test@100000"))

ARCHES = {arch.name: arch for arch in (AARCH64, RISCV64)}
