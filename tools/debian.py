# SPDX-License-Identifier: Apache-2.0
"""Packages of another architecture or suite of Debian, from the package sources that this machine already
uses, through private apt folders: nothing of the machine's changes."""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import builds

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class FetchError(Exception):
    """One line for the user."""


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


def debian_sources(etc, suite, arch, wanted_suite=None):
    """Deb822 stanzas for the side of Debian's architecture @arch of those sources under @etc that carry
    its @suite; with @wanted_suite, the same archives' stanzas of that other suite, which has to be signed
    even where the machine trusts its own without."""
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
                     "Components: main", f"Architectures: {arch}"]
            signed = s.get("signed-by") or (KEYRING if os.path.exists(KEYRING) else "")
            lines += [f"Signed-By: {signed}"] if signed else []
            lines += [f"Trusted: {s['trusted']}"] if "trusted" in s and not wanted_suite else []
            stanza = "\n".join(lines) + "\n"
            found += [stanza] if stanza not in found else []
    return found


# ---- the private apt folder ----

class Apt:
    """apt with lists, cache and sources of its own, for Debian's architecture @arch. @suite, if given, is
    another one than this machine's; its index is believed only if a key signed it that this machine has,
    as for its own. @without says how to do without downloads, for the messages."""

    def __init__(self, arch, suite, without):
        self.arch = arch
        self.suite = suite
        self.without = without
        name = f"apt-{arch}-{suite}" if suite else f"apt-{arch}"
        self.folder = builds.BUILD / "deps" / name
        self.log = builds.LOGS / "fetch.log"
        self.ready = False

    def prepare(self):
        if self.ready:
            return
        for tool in ("apt-get", "apt-cache", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise FetchError(f"{tool} is not here, so guests cannot be fetched; {self.without}")
        sources = debian_sources(Path("/etc/apt"), codename(), self.arch, self.suite)
        if not sources:
            raise FetchError(f"no Debian {codename()} source under /etc/apt; {self.without}")
        for sub in ("lists/partial", "cache/archives/partial"):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)
        (self.folder / "guests.sources").write_text("\n".join(sources))
        (self.folder / "none").touch()
        builds.say(f"fetch: reading the {self.arch} package lists"
                   f"{' of ' + self.suite if self.suite else ''} (some seconds)")
        code, text = self.run("apt-get", "update")
        if "NO_PUBKEY" in text or "is not signed" in text:
            raise FetchError(f"{self.suite or codename()}: its archive key is not here (package "
                             f"debian-archive-keyring, {self.logged()}); {self.without}")
        failed = code != 0 or re.search(r"^(E:|Err:|W: Failed)", text, re.M)
        if failed and self.main_list() and "Mirror sync in progress" in text:
            builds.say(f"fetch: a part of these lists is not in order where it comes from; going on without "
                       f"it ({self.logged()})")
        elif failed:
            raise FetchError(f"no network, or this machine's apt sources cannot be read "
                             f"({self.logged()}); {self.without}")
        self.ready = True

    def main_list(self):
        """Whether the suite's own list is here: updates and security are the other ones."""
        name = f"*_dists_{self.suite or codename()}_main_binary-{self.arch}_Packages*"
        return any((self.folder / "lists").glob(name))

    def logged(self):
        return f"log: {self.log.relative_to(builds.ROOT)}"

    def run(self, tool, *args, cwd=None):
        argv = [tool, "-q", "-o", f"Dir::State::lists={self.folder / 'lists'}",
                "-o", f"Dir::Cache={self.folder / 'cache'}",
                "-o", f"Dir::Etc::sourcelist={self.folder / 'guests.sources'}",
                "-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::State::status={self.folder / 'none'}",
                "-o", f"APT::Architecture={self.arch}", "-o", f"APT::Architectures={self.arch}",
                "-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none",
                "-o", "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
                "-o", "APT::Update::Post-Invoke-Success=", *args]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=cwd,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              env=dict(os.environ, LC_ALL="C"))
        self.log.parent.mkdir(parents=True, exist_ok=True)
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
        raise FetchError(f"package {package}: not in this machine's apt sources for {self.arch}; "
                         f"{self.without}")

    def package(self, name):
        """Download @name and give the path of its .deb."""
        self.prepare()
        folder = self.folder / "debs"
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{name}_*.deb"):
            old.unlink()
        builds.say(f"fetch: downloading {name}:{self.arch}")
        code, _ = self.run("apt-get", "download", name, cwd=folder)
        found = list(folder.glob(f"{name}_*.deb"))
        if code != 0 or len(found) != 1:
            raise FetchError(f"package {name}: cannot be downloaded ({self.logged()}); {self.without}")
        return found[0]


def unpack(deb, wanted):
    """The files of @deb whose path matches a pattern of @wanted: {pattern: (path, bytes)}, first match
    each."""
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
