# SPDX-License-Identifier: Apache-2.0
"""The QEMU machine that the hypervisor runs on, and the bundles it is given."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import builds
import fetch_guests
import setup_host
from arches import AARCH64, Arch

ROOT = builds.ROOT
BUILD = builds.BUILD
PROMPT = b"guest# "
HYPERVISOR_MIB = 256  # QEMU's memory beyond the guests'


class MachineError(Exception):
    """One line for the user."""


@dataclass
class Vm:
    """One virtual machine of a bundle."""
    arch: Arch = AARCH64
    name: str = "linux"
    vcpus: int = 4
    memory: int = 512  # MiB
    gic: int = 3  # where the architecture has one
    kernel: Path = None
    ramdisk: Path = None
    cmdline: str = ""
    firmware: Path = None  # in flash; it starts the kernel, if there is one
    firmware_ram: int = None  # in memory instead, at this address
    extra: dict = field(default_factory=dict)  # further keys, "table.key" -> value

    def images(self):
        """The files it is made of, by their key in a configuration."""
        files = {"bios": self.firmware, "kernel": self.kernel, "ramdisk": self.ramdisk}
        return {key: path for key, path in files.items() if path}

    def toml(self, ident):
        tables = {"base": {"id": ident, "name": self.name, "arch": self.arch.name,
                           "cpu_num": self.vcpus, "memory": f"{self.memory}M"},
                  "kernel": {f"{key}_path": str(path) for key, path in self.images().items()},
                  "devices": {}}
        if self.arch.has_gic:
            tables["base"]["intc"] = f"gicv{self.gic}"
        if self.firmware_ram is not None:
            tables["kernel"]["bios_load_addr"] = self.firmware_ram
        if self.cmdline:
            tables["kernel"]["cmdline"] = self.cmdline
        for path, value in self.extra.items():
            table, key = path.split(".", 1)
            tables.setdefault(table, {})[key] = value
        if "memory_regions" in tables["kernel"]:
            del tables["base"]["memory"]
        # JSON's strings, numbers, booleans and lists are TOML's too.
        return "\n".join(f"[{t}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in keys.items())
                         for t, keys in tables.items())


def linux(kernel=None, arch=AARCH64, **kwargs):
    """The default guest: Debian's kernel, or the one of the architecture's kernels, and busybox."""
    return Vm(arch=arch, kernel=fetch_guests.kernel(arch, kernel), ramdisk=fetch_guests.initramfs(arch),
              cmdline=kwargs.pop("cmdline", arch.cmdline), **kwargs)


def hello(arch=AARCH64):
    """The small guest of this tree."""
    return arch.guests / "hello.bin"


def firmware(name, arch=AARCH64):
    """What a Vm has to be told of a firmware: one that has a name, or the path of one for flash."""
    if name in arch.firmwares:
        return {"firmware": fetch_guests.firmware(arch, name),
                "firmware_ram": arch.firmwares[name].ram}
    return {"firmware": Path(name)}


def hypervisor(arch=AARCH64):
    """Bring the image up to date and return it."""
    builds.build(arch.name, builds.target_options(arch.name))
    if not arch.image.exists():
        raise MachineError(f"the build made no {arch.image.relative_to(ROOT)}")
    return arch.image


def bundle(vms, folder=None):
    """A bundle of @vms. Its name depends on what is in it, so the same one is not made twice."""
    texts = [vm.toml(n) for n, vm in enumerate(vms, 1)]
    stats = [f"{p}:{p.stat().st_mtime_ns}:{p.stat().st_size}"
             for vm in vms for p in vm.images().values()]
    key = hashlib.sha256("\n".join(texts + stats).encode()).hexdigest()[:16]
    folder = Path(folder or BUILD / "run")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{'-'.join(vm.name for vm in vms)[:40]}-{key}.bundle"
    if path.exists():
        return path
    for old in folder.glob("*.bundle"):  # they are as large as the images in them
        if old.stat().st_atime < path.parent.stat().st_mtime - 86400:
            old.unlink()
    sources = []
    for n, text in enumerate(texts, 1):
        source = folder / f"{path.stem}-{os.getpid()}-{n}.toml"
        source.write_text(text)
        sources.append(str(source))
    part = path.with_suffix(f".{os.getpid()}.part")
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools" / "axbundle.py"), "-o",
                           str(part), *sources], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    for source in sources:
        os.unlink(source)
    if done.returncode != 0:
        raise MachineError("the bundle cannot be made: " + done.stdout.strip())
    part.replace(path)
    return path


def qemu(memory, cpus=4, cpu=None, gic=3, serial="mon:stdio", seconds=86400, bare=True, extra=(),
         arch=AARCH64):
    """The command line: QEMU with @memory MiB, killed after @seconds, and with whoever started it.
    @bare: as the hypervisor wants it; otherwise as its guests find it."""
    argv = []
    if shutil.which("setpriv"):
        argv += ["setpriv", "--pdeathsig", "KILL"]
    argv += ["timeout", "--foreground", "-s", "KILL", str(seconds)] + argv
    machine = arch.machine.format(gic=gic) + (arch.hypervisor if bare else "")
    model = (cpu or arch.cpu) + (arch.cpu_always if bare else "")
    argv += [arch.qemu, "-M", machine, "-cpu", model, "-accel", "tcg", "-smp", str(cpus),
             "-m", str(memory), "-display", "none", "-nic", "none"]
    if serial == "stdio":  # Ctrl-C is the guest's
        argv += ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                 "-monitor", "none"]
    else:
        argv += ["-serial", serial]
    return argv + list(extra)


def boot_args(image, initrd=None, append=None):
    argv = ["-kernel", str(image)] if image else []
    argv += ["-initrd", str(initrd)] if initrd else []
    argv += ["-append", append] if append else []
    return argv


def plain_args(vm):
    """What starts @vm's guest on QEMU itself."""
    if vm.firmware_ram is not None:  # as QEMU's own firmware starts a kernel
        if vm.kernel:
            raise MachineError(f"{vm.firmware.name}: without the hypervisor it takes no kernel")
        return boot_args(vm.firmware)
    argv = boot_args(vm.kernel, vm.ramdisk, vm.cmdline)
    if vm.firmware:
        found = setup_host.version_of(setup_host.output(vm.arch.qemu, "--version")) or (0, 0)
        if found < vm.arch.plain_flash_since:
            since = ".".join(map(str, vm.arch.plain_flash_since))
            raise MachineError(f"QEMU itself starts a firmware from {vm.arch.name}'s flash since {since}")
        argv = [w.format(path=vm.firmware) for w in vm.arch.plain_flash.split()] + argv
    return argv
