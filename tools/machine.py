# SPDX-License-Identifier: Apache-2.0
"""The QEMU machine that the hypervisor runs on, and the bundles it is given."""
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import builds
import fetch_guests

ROOT = builds.ROOT
BUILD = builds.BUILD
IMAGE = BUILD / "aarch64" / "apps" / "axvisor" / "axvisor.bin"
HELLO = BUILD / "aarch64" / "guests" / "hello.bin"
CMDLINE = "console=ttyAMA0 quiet loglevel=3"
PROMPT = b"guest# "
HYPERVISOR_MIB = 256  # QEMU's memory beyond the guests'
DEFAULT_CPU = "neoverse-n1"  # the fastest under TCG: pointer authentication makes "max" slow


class MachineError(Exception):
    """One line for the user."""


@dataclass
class Vm:
    """One virtual machine of a bundle."""
    name: str = "linux"
    vcpus: int = 4
    memory: int = 512  # MiB
    gic: int = 3
    kernel: Path = None
    ramdisk: Path = None
    cmdline: str = ""
    firmware: Path = None  # in flash; it starts the kernel, if there is one
    extra: dict = field(default_factory=dict)  # further keys, "table.key" -> value

    def images(self):
        """The files it is made of, by their key in a configuration."""
        files = {"bios": self.firmware, "kernel": self.kernel, "ramdisk": self.ramdisk}
        return {key: path for key, path in files.items() if path}

    def toml(self, ident):
        tables = {"base": {"id": ident, "name": self.name, "cpu_num": self.vcpus,
                           "intc": f"gicv{self.gic}"},
                  "kernel": {f"{key}_path": str(path) for key, path in self.images().items()},
                  "devices": {}}
        tables["base"]["memory"] = f"{self.memory}M"
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


def linux(kernel=None, **kwargs):
    """The default guest: Debian's kernel, or the one of fetch_guests.KERNELS, and busybox."""
    return Vm(kernel=fetch_guests.kernel(kernel), ramdisk=fetch_guests.initramfs(),
              cmdline=kwargs.pop("cmdline", CMDLINE), **kwargs)


def firmware(name):
    """The file of a firmware that has a name; None: there is none of that name."""
    known = {"u-boot": fetch_guests.u_boot, "edk2": fetch_guests.edk2}
    return known[name]() if name in known else None


def hypervisor():
    """Bring the image up to date and return it."""
    builds.build("aarch64", builds.target_options("aarch64"))
    if not IMAGE.exists():
        raise MachineError(f"the build made no {IMAGE.relative_to(ROOT)}")
    return IMAGE


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
        source = folder / f"{path.stem}-{n}.toml"
        source.write_text(text)
        sources.append(str(source))
    part = path.with_suffix(".part")
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools" / "axbundle.py"), "-o",
                           str(part), *sources], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        raise MachineError("the bundle cannot be made: " + done.stdout.strip())
    part.replace(path)
    return path


def qemu(memory, cpus=4, cpu=DEFAULT_CPU, gic=3, serial="mon:stdio", seconds=86400, el2=True,
         extra=()):
    """The command line: QEMU with @memory MiB, killed after @seconds, and with whoever started it."""
    argv = []
    if shutil.which("setpriv"):
        argv += ["setpriv", "--pdeathsig", "KILL"]
    argv += ["timeout", "--foreground", "-s", "KILL", str(seconds)] + argv
    machine = f"virt,gic-version={gic}" + (",virtualization=on" if el2 else "")
    argv += ["qemu-system-aarch64", "-M", machine, "-cpu", cpu, "-accel", "tcg", "-smp", str(cpus),
             "-m", str(memory), "-display", "none", "-nic", "none"]
    if serial == "stdio":  # Ctrl-C is the guest's
        argv += ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                 "-monitor", "none"]
    else:
        argv += ["-serial", serial]
    return argv + list(extra)


def boot_args(image, initrd=None, append=None, firmware=None):
    argv = ["-bios", str(firmware)] if firmware else []
    argv += ["-kernel", str(image)] if image else []
    argv += ["-initrd", str(initrd)] if initrd else []
    argv += ["-append", append] if append else []
    return argv
