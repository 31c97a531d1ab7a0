#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./run: build the hypervisor, make a bundle, and start both in QEMU."""
import argparse
import os
import shlex
import signal
import subprocess
import sys
import termios
from pathlib import Path

import builds
import fetch_guests
import guest_exec
import machine
import setup_host
from arches import AARCH64, ARCHES

EPILOG = """examples:
  ./run                                  Debian's kernel and a busybox shell, 4 vCPUs, 512 MiB
  ./run riscv64                          the same on RISC-V
  ./run --exec 'nproc; uname -r'         the same, unattended: prints what the commands print
  ./run --guest hello                    the small guest of this tree: nothing is downloaded
  ./run --kernel rt                      Debian's kernel for real-time
  ./run --vcpus 8 --cpus 2 --gic 2       8 vCPUs on 2 CPUs, GICv2
  ./run --firmware u-boot                Debian's U-Boot, to its prompt
  ./run --firmware edk2 --guest linux    Debian's UEFI firmware, which starts the kernel
  ./run --bundle vms.bundle              a bundle made with tools/axbundle.py
to leave: Ctrl-A X, or 'poweroff' in the guest"""


class Parser(argparse.ArgumentParser):
    def error(self, message):  # one line, no usage
        print(f"run: {message} (see ./run --help)", file=sys.stderr)
        sys.exit(2)


def number(low, high):
    def parse(text):
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low} to {high}")
        return int(text)
    return parse


def existing(text):
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"'{text}': no such file")
    if not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f"'{text}' cannot be read")
    return path.resolve()


def guest(text):
    return text if text in ("linux", "hello") else existing(text)


def firmware(text):
    return text if text in AARCH64.firmwares else existing(text)


def words(text):
    try:
        return shlex.split(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"'{text}': {err}") from None


def check_arch(p, args):
    """What there is on one architecture only."""
    if args.gic is not None and not args.arch.has_gic:
        p.error(f"argument --gic: {args.arch.name} has no GIC, only aarch64 has")
    if args.kernel is not None and args.kernel not in args.arch.kernels:
        p.error(f"argument --kernel: '{args.kernel}' is none of {args.arch.name}'s: "
                f"{', '.join(args.arch.kernels)}")
    args.gic = args.gic or 3


def arguments(argv):
    p = Parser(prog="./run", description=__doc__, epilog=EPILOG, allow_abbrev=False,
               formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("arch", nargs="?", default=AARCH64.name, choices=list(ARCHES),
                   help=f"the machine ({AARCH64.name})")
    p.add_argument("--guest", type=guest, metavar="linux|hello|PATH",
                   help="what the VM runs (linux; with --firmware, nothing); PATH: any kernel image "
                   "(Image, ELF, gzip, raw)")
    p.add_argument("--kernel", metavar="|".join(AARCH64.kernels),
                   help="which of Debian's kernels the Linux guest is; default: this machine's suite's, "
                   "or the one that there is for the architecture")
    p.add_argument("--firmware", type=firmware, metavar="u-boot|edk2|PATH",
                   help="a firmware in flash that starts the guest; PATH: one for QEMU's virt machine")
    p.add_argument("--vcpus", type=number(1, 16), default=4, metavar="N", help="vCPUs (4)")
    p.add_argument("--cpus", type=number(1, 8), default=4, metavar="N", help="CPUs of QEMU (4)")
    p.add_argument("--memory", type=number(16, 65536), default=512, metavar="MIB",
                   help="memory of the VM in MiB (512)")
    p.add_argument("--bundle", type=existing, metavar="FILE", help="boot this bundle instead")
    defaults = ", ".join(f"{arch.name}: {arch.cpu}" for arch in ARCHES.values())
    p.add_argument("--cpu", metavar="MODEL", help=f"QEMU's CPU model ({defaults})")
    p.add_argument("--gic", type=int, choices=[2, 3], help="interrupt controller of aarch64 (3)")
    p.add_argument("--plain", action="store_true",
                   help="the same guest on QEMU itself, without the hypervisor, to compare")
    p.add_argument("--exec", dest="commands", metavar="COMMANDS",
                   help="run these in the guest's shell, print their output, exit with their status")
    p.add_argument("--timeout", type=number(1, 604800), metavar="SECONDS",
                   help="stop after this time (300 with --exec, where the exit status is then 124)")
    p.add_argument("--qemu-args", type=words, default=[], metavar="'…'", help="more for QEMU")
    for n in range(len(argv) - 1, 0, -1):  # their values may begin with a dash
        if argv[n - 1] in ("--qemu-args", "--exec"):
            argv[n - 1:n + 1] = [f"{argv[n - 1]}={argv[n]}"]
    args = p.parse_args(argv)
    args.arch = ARCHES[args.arch]
    check_arch(p, args)
    if args.vcpus > 8 and args.gic == 2:
        p.error(f"argument --vcpus: {args.vcpus}, but GICv2 has 8 CPU interfaces at most")
    if args.bundle and args.firmware:
        p.error("argument --firmware: the VMs of a bundle bring their own (bios_path)")
    if args.firmware == "edk2" and args.guest == "hello":
        p.error("argument --guest: EDK2 starts EFI programs, and the hello guest is none")
    if args.guest is None and (args.kernel or not args.firmware):
        args.guest = "linux"
    if args.commands is not None and args.guest in ("hello", None) and not args.bundle:
        p.error(f"argument --exec: {'the hello guest' if args.guest else 'a firmware alone'} "
                "has no shell to run commands in")
    if args.kernel and (args.guest != "linux" or args.bundle):
        p.error("argument --kernel: only with --guest linux")
    if args.plain and args.bundle:
        p.error("argument --bundle: a bundle needs the hypervisor (without --plain)")
    return args


def check_cpu(arch, model):
    listed = setup_host.output(arch.qemu, "-cpu", "help") or ""
    if model.split(",")[0] not in listed.split():
        raise machine.MachineError(f"--cpu '{model}': QEMU knows no such model ({arch.qemu} -cpu help)")


def the_vm(args):
    what = {"arch": args.arch, "vcpus": args.vcpus, "memory": args.memory, "gic": args.gic}
    if args.firmware:
        what |= machine.firmware(args.firmware, args.arch)
    if args.guest is None:
        return machine.Vm(name="firmware", **what)
    if args.guest == "linux":
        return machine.linux(args.kernel, **what)
    if args.guest == "hello":
        return machine.Vm(name="hello", kernel=machine.hello(args.arch), **what)
    return machine.Vm(name="guest", kernel=args.guest, **what)


def prepare(args):
    """Everything up to QEMU's command line (without the serial port)."""
    arch = args.arch
    setup_host.ensure("run", arch)
    if args.cpu:
        check_cpu(arch, args.cpu)
    if not (arch.folder / "build.ninja").exists() and not args.plain:
        builds.say("run: building (first time: about a minute)")
    image = None if args.plain else machine.hypervisor(arch)
    if args.plain:
        if args.guest == "hello":
            builds.build(arch.name, builds.target_options(arch.name))
        return args.memory, machine.plain_args(the_vm(args))
    bundle = args.bundle or machine.bundle([the_vm(args)])
    # A bundle's VMs may need more than the default: the file says only how large its images are.
    extra = bundle.stat().st_size >> 20
    return args.memory + machine.HYPERVISOR_MIB + extra, machine.boot_args(image, bundle)


def interactive(argv):
    """Give QEMU the terminal. Ctrl-C goes to the guest while the terminal is QEMU's."""
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    builds.say("run: to leave: Ctrl-A X, or 'poweroff' in the guest")
    proc = subprocess.Popen(argv)
    try:
        code = proc.wait()
    except KeyboardInterrupt:
        code = 130
    finally:
        if proc.poll() is None:
            proc.terminate()  # "timeout" passes it on
            try:
                proc.wait(timeout=3)
            except subprocess.TimeoutExpired:
                proc.kill()
                proc.wait()
        if saved:
            termios.tcsetattr(0, termios.TCSANOW, saved)
    if code in (-signal.SIGKILL, 137):
        builds.say("run: stopped after --timeout")
        return 124
    return code


def main():
    args = arguments(sys.argv[1:])
    for signum in (signal.SIGTERM, signal.SIGHUP):  # leave through "finally", which ends QEMU
        signal.signal(signum, lambda *_: sys.exit(143))
    memory, boot = prepare(args)
    smp = args.vcpus if args.plain else args.cpus
    seconds = args.timeout or (300 if args.commands is not None else 86400)
    unattended = args.commands is not None
    argv = machine.qemu(memory, smp, args.cpu, args.gic, "stdio" if unattended else "mon:stdio",
                        seconds + 30 if unattended else seconds, not args.plain,
                        [*boot, *args.qemu_args], args.arch)
    if not unattended:
        return interactive(argv)
    log = builds.LOGS / "exec.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return guest_exec.run(argv, args.commands, seconds, log)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (setup_host.SetupError, builds.BuildError, fetch_guests.FetchError,
            machine.MachineError) as err:
        print(f"run: {err}", file=sys.stderr)
        sys.exit(1)
    except guest_exec.GuestError as err:
        print(f"run: {err} (console: build/logs/exec.log)", file=sys.stderr)
        sys.exit(err.status)
    except KeyboardInterrupt:
        sys.exit(130)
