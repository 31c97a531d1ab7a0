#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Get what the guests are made of: Debian's arm64 kernels, busybox, libfdt and firmware, from the package
sources that this machine already uses, through private apt folders; and write the initramfs. Nothing that
is there is fetched again. Usage: fetch_guests.py [kernel] [kernel-6.12] [busybox] [libfdt] [u-boot] ..."""
import functools
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import newc

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
GUESTS = BUILD / "guests" / "aarch64"
LIBFDT = BUILD / "deps" / "aarch64" / "libfdt"
APT = BUILD / "deps" / "apt-arm64"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# The kernels that can be asked for by name: Debian's suite, flavour, and what its versions begin with.
KERNELS = {
    "6.1": ("bookworm", "cloud-arm64", "6.1"),
    "6.12": ("trixie", "cloud-arm64", "6.12"),
    "rt": ("bookworm", "rt-arm64", "6.1"),
}


class FetchError(Exception):
    """One line for the user."""


def say(line):
    print(f"fetch: {line}", file=sys.stderr, flush=True)


# ---- this machine's own sources ----

def stanzas_deb822(text):
    """The fields of each stanza of a .sources file; a continued value keeps its line breaks."""
    for block in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and last:
                fields[last] += "\n" + line
            elif ":" in line:
                last, value = line.split(":", 1)
                last = last.strip().lower()
                fields[last] = value.strip()
        if fields:
            yield fields


def stanzas_one_line(text):
    """The same for sources.list: deb [ option=value ... ] uri suite [component ...]"""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^#\s]+)*)", line)
        if not found:
            continue
        fields = {"types": "deb", "uris": found[2], "suites": found[3],
                  "components": found[4].strip()}
        for option in (found[1] or "").split():
            key, _, value = option.partition("=")
            fields[key.rstrip("+-").lower()] = value.replace(",", " ")
        yield fields


def codename(os_release="/etc/os-release"):
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", Path(os_release).read_text(), re.M)
    if not found:
        raise FetchError(f"{os_release} names no VERSION_CODENAME")
    return found[1]


def debian_sources(etc, suite, wanted_suite=None):
    """Deb822 stanzas for the arm64 side of those sources under @etc that carry Debian's @suite; with
    @wanted_suite, the same archives' stanzas of that other suite, which has to be signed even where the
    machine trusts its own without."""
    wanted = {suite, f"{suite}-updates", f"{suite}-security"}
    found = []
    files = [etc / "sources.list"] + sorted((etc / "sources.list.d").glob("*"))
    for path in files:
        if not path.is_file() or path.suffix not in (".list", ".sources"):
            continue
        text = path.read_text(errors="replace")
        parse = stanzas_deb822 if path.suffix == ".sources" else stanzas_one_line
        for s in parse(text):
            suites = [x for x in s.get("suites", "").split() if x in wanted]
            if (not suites or "deb" not in s.get("types", "").split()
                    or "main" not in s.get("components", "").split()
                    or s.get("enabled", "yes").lower() in ("no", "false")):
                continue
            if wanted_suite:
                suites = [wanted_suite + x.removeprefix(suite) for x in suites]
            lines = ["Types: deb", f"URIs: {s['uris']}", f"Suites: {' '.join(suites)}",
                     "Components: main", "Architectures: arm64"]
            signed = s.get("signed-by") or (KEYRING if os.path.exists(KEYRING) else "")
            lines += [f"Signed-By: {signed}"] if signed else []
            lines += [f"Trusted: {s['trusted']}"] if "trusted" in s and not wanted_suite else []
            stanza = "\n".join(lines) + "\n"
            found += [stanza] if stanza not in found else []
    return found


# ---- the private apt folder ----

class Apt:
    """apt with lists, cache and sources of its own: nothing of the machine's changes. @suite is another
    one of Debian's than this machine's; its index is believed only if a key signed it that this machine
    has, as for its own."""

    def __init__(self, suite=None):
        self.suite = suite
        self.folder = APT.with_name(f"{APT.name}-{suite}") if suite else APT
        self.ready = False

    def prepare(self):
        if self.ready:
            return
        for tool in ("apt-get", "apt-cache", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise FetchError(f"{tool} is not here, so guests cannot be fetched; {without()}")
        sources = debian_sources(Path("/etc/apt"), codename(), self.suite)
        if not sources:
            raise FetchError(f"no Debian {codename()} source under /etc/apt; {without()}")
        for sub in ("lists/partial", "cache/archives/partial"):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)
        (self.folder / "guests.sources").write_text("\n".join(sources))
        (self.folder / "none").touch()
        say(f"reading the arm64 package lists{' of ' + self.suite if self.suite else ''} (some seconds)")
        code, text = self.run("apt-get", "update")
        if "NO_PUBKEY" in text or "is not signed" in text:
            raise FetchError(f"{self.suite or codename()}: its archive key is not here (package "
                             f"debian-archive-keyring, log: {self.log.relative_to(ROOT)}); {without()}")
        if code != 0 or re.search(r"^(E:|Err:|W: Failed)", text, re.M):
            raise FetchError(f"no network, or this machine's apt sources cannot be read "
                             f"(log: {self.log.relative_to(ROOT)}); {without()}")
        self.ready = True

    @property
    def log(self):
        path = BUILD / "logs" / "fetch.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, tool, *args, cwd=None):
        argv = [tool, "-q", "-o", f"Dir::State::lists={self.folder / 'lists'}",
                "-o", f"Dir::Cache={self.folder / 'cache'}",
                "-o", f"Dir::Etc::sourcelist={self.folder / 'guests.sources'}",
                "-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::State::status={self.folder / 'none'}",
                "-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64",
                "-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none",
                "-o", "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
                "-o", "APT::Update::Post-Invoke-Success=", *args]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=cwd,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              env=dict(os.environ, LC_ALL="C"))
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ {tool} {' '.join(args)}\n{done.stdout}")
        return done.returncode, done.stdout

    def dependency(self, package, pattern):
        """The package that the meta package @package stands for."""
        self.prepare()
        _, text = self.run("apt-cache", "show", "--no-all-versions", package)
        for line in text.splitlines():
            if line.startswith("Depends:"):
                for name in re.findall(r"[a-z0-9][a-z0-9+.-]+", line):
                    if re.fullmatch(pattern, name):
                        return name
        raise FetchError(f"package {package}: not in this machine's apt sources for arm64; {without()}")

    def package(self, name):
        """Download @name and give the path of its .deb."""
        self.prepare()
        folder = self.folder / "debs"
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{name}_*.deb"):
            old.unlink()
        say(f"downloading {name}:arm64")
        code, _ = self.run("apt-get", "download", name, cwd=folder)
        found = list(folder.glob(f"{name}_*.deb"))
        if code != 0 or len(found) != 1:
            raise FetchError(f"package {name}: cannot be downloaded (log: "
                             f"{self.log.relative_to(ROOT)}); {without()}")
        return found[0]


def without():
    return ("without downloads: AXVISOR_GUEST_KERNEL[_6_1|_6_12|_RT]=IMAGE "
            "AXVISOR_GUEST_BUSYBOX=STATIC_ARM64_BINARY AXVISOR_LIBFDT=FOLDER, or run with --bundle FILE "
            "or --guest PATH")


def unpack(deb, wanted):
    """The files of @deb whose path matches a pattern of @wanted: {pattern: bytes}, first match each."""
    proc = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
    found = {}
    with tarfile.open(fileobj=proc.stdout, mode="r|") as tar:
        for member in tar:
            for pattern in wanted:
                if pattern not in found and re.fullmatch(pattern, member.name) and member.isfile():
                    found[pattern] = (member.name, tar.extractfile(member).read())
    if proc.wait() != 0:
        raise FetchError(f"{deb.name}: damaged package")
    for pattern in wanted:
        if pattern not in found:
            raise FetchError(f"{deb.name}: holds no {pattern}")
    return found


def write_file(path, data, mode=0o644):
    """Whole or not at all, so that an interrupted run leaves nothing that looks complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.chmod(mode)
    part.replace(path)


# ---- what there is to get ----

_apt = Apt()
_others = {}  # of other suites


def given(variable):
    """A file that the environment names instead of a download."""
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(value)
    if not path.exists():
        raise FetchError(f"{variable}={value}: no such file")
    return path.resolve()


def fetch_kernel(apt, flavour, folder, version=r"\d"):
    """The newest kernel of a flavour, by the name that its meta package gives. The rest of its package,
    mostly modules, is not kept."""
    path = folder / "vmlinuz"
    if not path.exists():
        name = apt.dependency(f"linux-image-{flavour}", rf"linux-image-{version}.*-{flavour}")
        pattern = r"\./boot/vmlinuz-.*"
        deb = apt.package(name)
        original, data = unpack(deb, [pattern])[pattern]
        deb.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kernel-version").write_text(original.split("vmlinuz-", 1)[1] + "\n")
        write_file(path, data)
    return path


def kernel(which=None):
    """This machine's suite's kernel for virtual machines, or one of KERNELS."""
    own = given("AXVISOR_GUEST_KERNEL" + (f"_{which.upper().replace('.', '_')}" if which else ""))
    if own:
        return own
    if which is None:
        return fetch_kernel(_apt, "cloud-arm64", GUESTS)
    suite, flavour, version = KERNELS[which]
    here = shutil.which("apt-get") is not None and codename() == suite
    if here and flavour == "cloud-arm64":
        return fetch_kernel(_apt, flavour, GUESTS)
    apt = _apt if here else _others.setdefault(suite, Apt(suite))
    return fetch_kernel(apt, flavour, GUESTS / which, re.escape(version) + r"\.")


def busybox():
    own = given("AXVISOR_GUEST_BUSYBOX")
    if own:
        return own
    path = GUESTS / "busybox"
    if not path.exists():
        pattern = r"\./(usr/)?bin/busybox"
        write_file(path, unpack(_apt.package("busybox-static"), [pattern])[pattern][1], 0o755)
    return path


def libfdt():
    """A folder with the target's libfdt.a and its headers, for the meson option libfdt_dir."""
    own = given("AXVISOR_LIBFDT")
    if own:
        return own
    if not (LIBFDT / "libfdt.a").exists():
        patterns = {r"\./usr/include/libfdt\.h": "libfdt.h", r"\./usr/include/fdt\.h": "fdt.h",
                    r"\./usr/include/libfdt_env\.h": "libfdt_env.h",
                    r"\./usr/lib/[^/]*/libfdt\.a": "libfdt.a"}  # the archive last: it is the stamp
        files = unpack(_apt.package("libfdt-dev"), list(patterns))
        for pattern, name in patterns.items():
            write_file(LIBFDT / name, files[pattern][1])
    return LIBFDT


def initramfs(name="initramfs.cpio", extra=(), shrc=b""):
    """busybox and our /init, entries as of newc in @extra and more lines for the shell to read at its
    start; written anew when one of them changes."""
    ours = ROOT / "guests" / "initramfs"
    entries = [newc.folder(d) for d in ("bin", "dev", "etc", "proc", "root", "sys", "tmp")]
    # The kernel opens /dev/console before /init can mount anything.
    entries.append(("dev/console", 0o020600, b"", (5, 1)))
    entries.append(newc.executable("init", (ours / "init").read_bytes()))
    entries.append(newc.regular("etc/shrc", (ours / "shrc").read_bytes() + shrc))
    entries.append(newc.executable("bin/busybox", busybox().read_bytes()))
    data = newc.archive(entries + list(extra))
    path = GUESTS / name
    if not path.exists() or path.read_bytes() != data:
        write_file(path, data)
    return path


def firmware(name, package, variable, pattern):
    """A file of a package that holds a firmware of QEMU's machine "virt"."""
    own = given(variable)
    if own:
        return own
    path = GUESTS / name
    if not path.exists():
        write_file(path, unpack(_apt.package(package), [pattern])[pattern][1])
    return path


def u_boot():
    return firmware("u-boot.bin", "u-boot-qemu", "AXVISOR_GUEST_U_BOOT",
                    r"\./usr/lib/u-boot/qemu_arm64/u-boot\.bin")


def edk2():
    return firmware("edk2.fd", "qemu-efi-aarch64", "AXVISOR_GUEST_EDK2",
                    r"\./usr/share/qemu-efi-aarch64/QEMU_EFI\.fd")


BASIC = {"kernel": kernel, "busybox": busybox, "libfdt": libfdt, "initramfs": initramfs}
ITEMS = BASIC | {"u-boot": u_boot, "edk2": edk2} \
    | {f"kernel-{which}": functools.partial(kernel, which) for which in KERNELS}


def main():
    names = sys.argv[1:] or list(BASIC)
    for name in names:
        if name not in ITEMS:
            sys.exit(f"fetch: '{name}': one of {' '.join(ITEMS)}")
    try:
        for name in names:
            print(ITEMS[name]())
    except FetchError as err:
        say(err)
        sys.exit(1)


if __name__ == "__main__":
    main()
