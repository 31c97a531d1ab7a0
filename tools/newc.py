# SPDX-License-Identifier: Apache-2.0
"""Writes cpio archives in the newc form (cpio(5), "070701"): an initramfs without root rights and
without cpio. The same entries give the same bytes: no times, owners or inode numbers of this machine."""
import stat


def _header(ino, mode, size, name, rdev=(0, 0)):
    fields = (ino, mode, 0, 0, 1, 0, size, 0, 0, rdev[0], rdev[1], len(name) + 1, 0)
    return b"070701" + b"".join(b"%08X" % f for f in fields)


def _pad(data):
    return data + b"\0" * (-len(data) % 4)


def entry(ino, name, mode, data=b"", rdev=(0, 0)):
    raw = name.encode()
    return _pad(_header(ino, mode, len(data), raw, rdev) + raw + b"\0") + _pad(data)


def archive(entries):
    """@entries: (name, mode with type bits, data) in the order wanted; folders before their files."""
    out = [entry(n, *e) for n, e in enumerate(entries, 1)]
    out.append(entry(0, "TRAILER!!!", 0))
    whole = b"".join(out)
    return whole + b"\0" * (-len(whole) % 512)


def folder(name):
    return (name, stat.S_IFDIR | 0o755, b"")


def executable(name, data):
    return (name, stat.S_IFREG | 0o755, data)


def regular(name, data):
    return (name, stat.S_IFREG | 0o644, data)


def link(name, target):
    return (name, stat.S_IFLNK | 0o777, target.encode())
