#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compile a VM's TOML configuration to the blob that the hypervisor reads (docs/configuration.md).

  axconf.py check FILE...           say what is wrong, all of it, with file and line
  axconf.py build FILE -o BLOB      compile
  axconf.py dump BLOB               a blob as TOML that compiles to the same blob

Exits 1 if anything is wrong."""
import argparse
import pathlib
import struct
import sys

from vmconf import blob as blobs
from vmconf import dtb, schema
from vmconf.doc import ConfigError, Doc


def warn_on_stderr(text):
    print(text, file=sys.stderr)


def full_key(option):
    """--set takes "memory=1G" for "base.memory=1G", and so on for the keys of base and kernel."""
    key, equals, _ = option.partition("=")
    key = key.strip() if equals else ""
    if key in schema.BASE:
        return "base." + option
    return "kernel." + option if key in schema.KERNEL else option


def compile_file(path, overrides=(), default_id=1, warn=warn_on_stderr):
    """Compile the TOML file @path to (blob, images). @overrides are "key=value" strings. images is a
    dict from "kernel", "ramdisk", "dtb" or "bios" to the file's path, relative ones taken from the
    TOML file's folder; whether they exist is not looked at. Raises ConfigError with all lines."""
    path = pathlib.Path(path)
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "is not UTF-8"
        raise ConfigError(f"{path}: {reason}") from e
    doc = Doc(path, text, [full_key(o) for o in overrides])
    vm = schema.read_vm(doc, default_id)
    for warning in doc.finish():
        warn(warning)
    images = {name: path.parent / image.path for name, image in vm.images.items() if image.path}
    return blobs.to_blob(vm), images


def check(args):
    failed = False
    for file in args.file:
        try:
            compile_file(file, args.set)
        except ConfigError as e:
            print(e, file=sys.stderr)
            failed = True
    return failed


def build(args):
    warn = (lambda text: None) if args.quiet else warn_on_stderr
    blob, _ = compile_file(args.file, args.set, warn=warn)
    pathlib.Path(args.output).write_bytes(blob)


def dump(args):
    try:
        print(blobs.to_toml(blobs.read(pathlib.Path(args.blob).read_bytes())), end="")
    except (dtb.DtbError, KeyError, struct.error, UnicodeDecodeError, ValueError) as e:
        reason = f"has no {e}" if isinstance(e, KeyError) else e
        raise ConfigError(f"{args.blob}: {reason}") from e


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, help_text in ((check, "examine TOML files"), (build, "compile one TOML file"),
                                (dump, "print a blob as TOML")):
        command = commands.add_parser(function.__name__, help=help_text)
        command.set_defaults(run=function)
        if function is dump:
            command.add_argument("blob")
            continue
        command.add_argument("file", nargs="+" if function is check else None)
        command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                             help="override a key, as in base.cpu_num=8 or memory=1G")
        if function is build:
            command.add_argument("-o", "--output", required=True)
            command.add_argument("-q", "--quiet", action="store_true", help="no warnings")
    args = parser.parse_args(argv)
    try:
        return int(bool(args.run(args)))
    except ConfigError as e:
        print(e, file=sys.stderr)
    except OSError as e:
        print(f"{e.filename}: {e.strerror}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
