#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compile VM configurations and pack them, with the images that they name, into one bundle: a newc cpio
archive with vms/<NN>-<name>.vm and images/<name>. The same input gives the same bytes.

  axbundle.py -o BUNDLE FILE.toml...
  axbundle.py --list BUNDLE"""
import argparse
import hashlib
import pathlib
import sys

from axconf import ConfigError, compile_file, warn_on_stderr
from vmconf import blob as blobs
from vmconf import cpio, dtb

MAX_IMAGE = (1 << 32) - 1  # newc writes a size in eight hexadecimal digits

__all__ = ["ConfigError", "compile_file", "compile_files", "write_bundle"]


def compile_files(files, overrides=(), warn=warn_on_stderr):
    """Compile each of @files; a list of (blob, images) for write_bundle(). A VM that states no id gets
    its place in the list, counted from 1. Raises ConfigError with the lines of all files."""
    vms, errors = [], []
    for number, file in enumerate(files, 1):
        try:
            vms.append(compile_file(file, overrides, number, warn))
        except ConfigError as e:
            errors.append(str(e))
    if errors:
        raise ConfigError("\n".join(errors))
    return vms


def write_bundle(out, vms):
    """Write the bundle @out from @vms, a list of (blob, images) as compile_file() returns them. Raises
    ConfigError, and writes nothing, for a missing image and for VMs that cannot live together."""
    trees = [blobs.read(blob) for blob, _ in vms]
    errors = [f"{out}: no VM"] if not vms else []
    errors += conflicts(out, trees)
    store = ImageStore()
    for tree, (_, images) in zip(trees, vms):
        vm = dtb.as_string(tree.props["vm-name"])
        for role, path in images.items():
            try:
                name = store.add(path)
            except OSError as e:
                errors.append(f'{path}: {e.strerror} ({role} of VM "{vm}")')
                continue
            if name is None:
                errors.append(f'{path}: is too large for a bundle ({role} of VM "{vm}")')
                continue
            tree.find("images").find(role).props["path"] = dtb.string(name)
    if errors:
        raise ConfigError("\n".join(errors))
    entries = [(f"vms/{i:02}-{dtb.as_string(t.props['vm-name'])}.vm", dtb.write(t))
               for i, t in enumerate(trees)]
    pathlib.Path(out).write_bytes(cpio.write(entries + store.entries))


class ImageStore:
    """The images of a bundle, each content once, under short and distinct names."""

    def __init__(self):
        self.entries = []
        self.by_digest = {}

    def add(self, path):
        """The name of @path's content in the bundle; None if it is too large."""
        data = pathlib.Path(path).read_bytes()
        if len(data) > MAX_IMAGE:
            return None
        digest = hashlib.sha256(data).digest()
        if digest not in self.by_digest:
            self.by_digest[digest] = self.unused_name(pathlib.Path(path).name)
            self.entries.append((self.by_digest[digest], data))
        return self.by_digest[digest]

    def unused_name(self, file):
        file = file.encode()[:80].decode(errors="ignore")  # a path in a blob has 127 bytes
        taken = {name for name, _ in self.entries}
        name, n = f"images/{file}", 1
        while name in taken:
            n += 1
            name = f"images/{n}-{file}"
        return name


def conflicts(out, trees):
    """What two VMs of one bundle cannot both have: names, ids, and the host's physical addresses."""
    seen, host = {}, []
    for tree in trees:
        vm = dtb.as_string(tree.props["vm-name"])
        for key in ("vm-name", "id"):
            value = tree.props[key]
            if (key, value) in seen:
                shown = f'"{vm}"' if key == "vm-name" else dtb.as_u32(value)
                yield f'{out}: VM "{vm}": {key.removeprefix("vm-")} {shown} is taken by VM ' \
                      f'"{seen[key, value]}"'
            seen.setdefault((key, value), vm)
        for start, size in host_ranges(tree):
            for start2, size2, vm2 in host:
                if vm2 != vm and start < start2 + size2 and start2 < start + size:
                    yield f'{out}: VM "{vm}": host memory {start:#x}-{start + size - 1:#x} is also ' \
                          f'given to VM "{vm2}" ({start2:#x}-{start2 + size2 - 1:#x})'
            host.append((start, size, vm))


def host_ranges(tree):
    for node in tree.nodes:
        if node.name.startswith("memory-") and node.props["kind"] == dtb.string("identity"):
            yield dtb.as_u64s(node.props["range"])
    for node in (tree.find("passthrough") or dtb.Node()).nodes:
        yield dtb.as_u64s(node.props["range"])[1:]


def list_bundle(path):
    for name, offset, size in cpio.entries(pathlib.Path(path).read_bytes()):
        print(f"{size:10}  {offset:#010x}  {name}")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="BUNDLE")
    parser.add_argument("--list", metavar="BUNDLE", help="print size, offset and name of each entry")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="override a key of every file, as in base.cpu_num=8 or memory=1G")
    parser.add_argument("file", nargs="*", metavar="FILE.toml")
    args = parser.parse_args(argv)
    if (args.list is None) == (args.output is None) or bool(args.file) != bool(args.output):
        parser.error("give either --list BUNDLE, or -o BUNDLE and the files")
    try:
        if args.list:
            list_bundle(args.list)
        else:
            write_bundle(args.output, compile_files(args.file, args.set))
    except (ConfigError, cpio.CpioError) as e:
        print(f"{args.list}: {e}" if args.list else e, file=sys.stderr)
        return 1
    except OSError as e:
        print(f"{e.filename}: {e.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
