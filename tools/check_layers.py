#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that each library includes and links only what stands below it. Reads the #include lines of
libs/, platforms/ and apps/, and the meson.build of each library. Prints each offence; exits 1 if there
is one. Usage: check_layers.py [ROOT]"""
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

# First match counts. A library may use those of a smaller rank; equal ranks never meet.
RANKS = [
    ("axbase", 0), ("axport", 10), ("fdtlibc", 15), ("axdev", 20),
    ("axrand", 25), ("axvcpu", 25), ("axconf", 25), ("axfdt", 25),
    ("axaddrspace", 30), ("vcpu_*", 30), ("v*", 30),
    ("axbus", 40), ("axsched", 40), ("axloader", 40), ("axvm", 45), ("ax*", 50),
]
TEST_ONLY = {"axtest"}  # stands outside: for tests alone
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "stdatomic.h", "limits.h"}
FOREIGN = {"libfdt.h": {"axconf", "axfdt"}, "fdt.h": {"axconf", "axfdt"}}  # who may name it
EXEMPT_LIBC = {"fdtlibc"}  # provides what others may not use
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.M)


def rank(library):
    return next((r for pattern, r in RANKS if fnmatch(library, pattern)), None)


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)


def includes(path):
    """(line, quoted or not, name) of each #include in @path."""
    text = strip_comments(path.read_text(encoding="utf-8", errors="replace"))
    for found in INCLUDE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[1] == '"', found[2]


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.libs = {p.name: p for p in sorted((self.root / "libs").iterdir()) if p.is_dir()}
        self.bad = []

    def complain(self, path, line, text):
        where = path.relative_to(self.root)
        self.bad.append(f"{where}:{line}: {text}" if line else f"{where}: {text}")

    def sources(self, *folders):
        for folder in folders:
            if folder.is_dir():
                yield from sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".S"))

    def check(self):
        self.check_order()
        for library, folder in self.libs.items():
            if library in TEST_ONLY:
                continue
            if rank(library) is None:
                self.complain(folder, 0, "has no rank in tools/check_layers.py")
                continue
            used = self.check_includes(library, folder)
            self.check_declared(library, folder, used)
        self.check_cycles()
        self.check_images()
        return self.bad

    def check_includes(self, library, folder):
        """The libraries that @library's headers and sources include: {name: (path, line, public)}."""
        used = {}
        for path in self.sources(folder / "include", folder / "src"):
            public = (folder / "include") in path.parents
            for line, quoted, name in includes(path):
                head = name.split("/")[0]
                if quoted:
                    self.check_quoted(library, folder, path, line, name)
                elif head in self.libs and "/" in name:
                    self.check_rank(library, head, path, line)
                    if head != library and (head not in used or public):
                        used[head] = (path, line, public)
                elif library not in FOREIGN.get(name, ()) and library not in EXEMPT_LIBC \
                        and name not in FREESTANDING:
                    self.complain(path, line, f"<{name}>: not a library's header, and not one of the "
                                              "freestanding ones")
        return used

    def check_quoted(self, library, folder, path, line, name):
        """Private headers are named relative to the file, or to the library's src or generated."""
        near = [(path.parent / name).resolve()]
        near += [p.resolve() for p in folder.glob(f"src/**/{name}")]
        there = [p for p in near if p.exists()]
        if any(folder.resolve() not in p.parents for p in there):
            self.complain(path, line, f'"{name}": outside {library}')
        elif not there:
            self.complain(path, line, f'"{name}": no such file in {library}')

    def check_rank(self, library, other, path, line):
        if other == library:
            return
        if other in TEST_ONLY:
            self.complain(path, line, f"{library} uses {other}, which is for tests")
        elif rank(other) is not None and rank(other) >= rank(library):
            self.complain(path, line, f"{library} uses {other}, which does not stand below it")

    # ---- what meson.build declares ----

    def check_order(self):
        path = self.root / "libs" / "meson.build"
        text = path.read_text()
        order = re.findall(r"^\s*subdir\('([\w/]+)'\)", text, re.M)
        for library, folder in self.libs.items():
            if (folder / "meson.build").exists() and library not in order:
                self.complain(path, 0, f"no subdir('{library}')")
        self.order = order

    def deps_of(self, folder):
        """The libraries named in a `dependencies:` or as `<lib>_dep` in what the library is built of."""
        path = folder / "meson.build"
        text = re.sub(r"#.*", "", path.read_text()) if path.exists() else ""
        text = re.sub(r"\b(executable|test)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", "", text)
        return {d for d in re.findall(r"\b(\w+)_dep\b", text) if d in self.libs} - {folder.name}

    def closure(self, library, seen=None):
        seen = set() if seen is None else seen
        for other in self.deps_of(self.libs[library]):
            if other not in seen:
                seen.add(other)
                self.closure(other, seen)
        return seen

    def check_declared(self, library, folder, used):
        path = folder / "meson.build"
        if not path.exists():
            return
        for other in sorted(self.deps_of(folder)):
            self.check_rank(library, other, path, 0)
            if library in self.order and other in self.order \
                    and self.order.index(other) > self.order.index(library):
                self.complain(path, 0, f"{other} comes later in libs/meson.build")
        linked = self.closure(library)
        record = re.search(r"'requires':\s*\[([^]]*)\]", path.read_text())
        required = set(re.findall(r"'(\w+)'", record[1])) if record else None
        for other, (source, line, public) in sorted(used.items()):
            if other not in linked:
                self.complain(source, line, f"{other} is not among the dependencies in {path.name}")
            elif public and required is not None and other not in self.required_closure(required):
                self.complain(source, line, f"{other} is not in 'requires' of {path.name}, so that "
                                            "pkg-config alone does not find it")

    def required_closure(self, names):
        seen, left = set(), set(names)
        while left:
            name = left.pop()
            seen.add(name)
            path = self.libs.get(name, Path("none")) / "meson.build"
            record = re.search(r"'requires':\s*\[([^]]*)\]", path.read_text()) if path.exists() else None
            left |= set(re.findall(r"'(\w+)'", record[1])) - seen if record else set()
        return seen

    # ---- the graph as a whole ----

    def check_cycles(self):
        """No header includes itself by way of others."""
        graph = {}
        for library, folder in self.libs.items():
            for path in self.sources(folder / "include"):
                name = str(path.relative_to(folder / "include"))
                graph[name] = [n for _, _, n in includes(path)]
        done = set()

        def visit(name, stack):
            if name in stack:
                cycle = stack[stack.index(name):] + [name]
                self.bad.append("headers include each other: " + " -> ".join(cycle))
            elif name not in done and name in graph:
                for other in graph[name]:
                    visit(other, stack + [name])
                done.add(name)

        for name in sorted(graph):
            visit(name, [])

    def check_images(self):
        """Nothing includes an app; nothing but apps and boards includes a board."""
        boards = {p.name for p in (self.root / "platforms" / "include").glob("*") if p.is_dir()}
        for path in self.sources(*(self.root / d for d in ("libs", "platforms", "apps", "guests"))):
            part = path.relative_to(self.root).parts[0]
            for line, _, name in includes(path):
                pieces = name.split("/")
                if part != "apps" and "apps" in pieces:
                    self.complain(path, line, f'"{name}": an app is used by nothing')
                elif part in ("libs", "guests") and (pieces[0] in boards or "platforms" in pieces):
                    self.complain(path, line, f'"{name}": boards are for apps alone')
                elif part in ("platforms", "apps") and pieces[0] in TEST_ONLY:
                    self.complain(path, line, f'"{name}": {pieces[0]} is for tests')


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    bad = Checker(root).check()
    print("\n".join(bad) or "ok: layers")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
