# SPDX-License-Identifier: Apache-2.0
"""A packaged RISC-V archive made linkable with code that leaves the FP registers alone.

Debian builds for rv64gc with the ABI lp64d; the hypervisor is lp64, so that no instruction of it touches a
guest's FP state. ld refuses to link the two, by two bits of each ELF header (EF_RISCV_FLOAT_ABI). They say
how a floating-point argument is passed; in code that holds no FP instruction there is none, for it could
neither be made nor used, and the two ABIs are the same. So the bits are cleared, after a look at every
instruction. (RISC-V ELF psABI: e_flags; unprivileged specification: opcode map and compressed formats.)"""
import struct

EM_RISCV = 243
FLOAT_ABI = 0x6  # EF_RISCV_FLOAT_ABI
SHT_PROGBITS = 1
SHF_EXECINSTR = 4
# Bits 6:0: LOAD-FP, STORE-FP (also vector loads and stores), MADD, MSUB, NMSUB, NMADD, OP-FP, OP-V.
FP_OPCODES = {0x07, 0x27, 0x43, 0x47, 0x4B, 0x4F, 0x53, 0x57}
# Bits 1:0 and 15:13: C.FLD, C.FSD, C.FLDSP, C.FSDSP.
FP_COMPRESSED = {(0, 1), (0, 5), (2, 1), (2, 5)}
FP_CSRS = {1, 2, 3}  # fflags, frm, fcsr


class FloatAbiError(Exception):
    """One line: which member, and what about it."""


def is_fp(word):
    """Whether the instruction at the beginning of @word, its 32 bits, has to do with FP or vector state."""
    if word & 3 != 3:
        return (word & 3, word >> 13 & 7) in FP_COMPRESSED
    if word & 0x7F == 0x73 and word >> 12 & 3:  # CSRRW and the like
        return word >> 20 in FP_CSRS
    return word & 0x7F in FP_OPCODES


def first_fp(code):
    """The offset of the first FP instruction in @code, or None."""
    at = 0
    while at < len(code):
        word = int.from_bytes(code[at:at + 4], "little")
        if is_fp(word):
            return at
        at += 4 if word & 3 == 3 else 2
    return None


def members(archive):
    """(name, offset, size) of each file in an ar archive, which is without the symbol table and names."""
    if archive[:8] != b"!<arch>\n":
        raise FloatAbiError("not an archive")
    at = 8
    while at + 60 <= len(archive):
        header = archive[at:at + 60]
        size = int(header[48:58])
        name = header[:16].decode("ascii", "replace").strip()
        if name not in ("/", "//", "/SYM64/"):
            yield name.rstrip("/"), at + 60, size
        at += 60 + size + size % 2


def code_sections(elf):
    """(index, bytes) of each section with instructions of an ELF64 file, little-endian."""
    (offset,) = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    for n in range(count):
        kind, flags, _, start, length = struct.unpack_from("<IQQQQ", elf, offset + n * size + 4)
        if kind == SHT_PROGBITS and flags & SHF_EXECINSTR:
            yield n, elf[start:start + length]


def clear(archive):
    """@archive with the float ABI of no member; FloatAbiError if one of them uses FP."""
    out = bytearray(archive)
    for name, start, size in members(archive):
        elf = archive[start:start + size]
        if elf[:6] != b"\x7fELF\2\1" or struct.unpack_from("<H", elf, 0x12) != (EM_RISCV,):
            raise FloatAbiError(f"{name}: not a RISC-V ELF64 file")
        for n, code in code_sections(elf):
            found = first_fp(code)
            if found is not None:
                raise FloatAbiError(f"{name}: an FP instruction at {found:#x} of section {n}")
        (flags,) = struct.unpack_from("<I", elf, 0x30)
        struct.pack_into("<I", out, start + 0x30, flags & ~FLOAT_ABI)
    return bytes(out)
