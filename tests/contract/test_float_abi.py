# SPDX-License-Identifier: Apache-2.0
"""Packaged RISC-V archives: the float ABI is taken away where no instruction uses FP, and only there."""
import shutil
import struct
import subprocess

import pytest

import float_abi

GCC, AR = "riscv64-linux-gnu-gcc", "riscv64-linux-gnu-ar"
PLAIN = "long twice(const long *a) { return 2 * a[1]; }"
FLOATS = "double twice(double a) { return 2 * a; }"


def archive(folder, *sources):
    """An archive as Debian's compiler makes it: rv64gc, lp64d."""
    names = []
    for n, source in enumerate(sources):
        (folder / f"part{n}.c").write_text(source)
        names.append(f"part{n}.o")
        subprocess.run([GCC, "-O2", "-c", f"part{n}.c", "-o", names[-1]], cwd=folder, check=True)
    subprocess.run([AR, "rcs", "some.a", *names], cwd=folder, check=True)
    return (folder / "some.a").read_bytes()


def flags(data):
    return [struct.unpack_from("<I", data, at + 0x30)[0] for _, at, _ in float_abi.members(data)]


@pytest.fixture(autouse=True)
def compiler():
    if shutil.which(GCC) is None:
        pytest.skip(f"no {GCC}")


def test_the_abi_of_every_member_is_cleared(tmp_path):
    data = archive(tmp_path, PLAIN, "char long_name_of_a_function(void) { return 1; }")
    assert flags(data) == [5, 5]
    cleared = float_abi.clear(data)
    assert flags(cleared) == [1, 1] and len(cleared) == len(data)
    assert sum(a != b for a, b in zip(data, cleared)) == 2


def test_the_result_links_with_code_without_floats(tmp_path):
    (tmp_path / "soft.a").write_bytes(float_abi.clear(archive(tmp_path, PLAIN)))
    (tmp_path / "main.c").write_text("long twice(const long *); void _start(void) { twice(0); }")
    for name, status in (("soft.a", 0), ("some.a", 1)):
        done = subprocess.run([GCC, "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-ffreestanding",
                               "-nostdlib", "-static", "-Wl,--fatal-warnings", "main.c", name],
                              cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == status, done.stderr


def test_a_member_with_floats_is_refused(tmp_path):
    with pytest.raises(float_abi.FloatAbiError, match=r"^part1\.o: an FP instruction at 0x"):
        float_abi.clear(archive(tmp_path, PLAIN, FLOATS))


@pytest.mark.parametrize("text", ["fld fa0, 8(a0)", "fsd fa0, 8(a0)", "fldsp", "fsdsp", "flw fa0, 4(a0)",
                                  "fsw fs1, 4(t5)", "fmadd.d fa0, fa1, fa2, fa3", "fmv.x.d a0, fa0",
                                  "fcvt.d.l fa0, a0", "csrr a0, fcsr", "csrwi frm, 1", "fnmsub.s f1,f2,f3,f4"])
def test_each_kind_of_instruction_is_seen(tmp_path, text):
    text = {"fldsp": "fld fa0, 16(sp)", "fsdsp": "fsd fa0, 16(sp)"}.get(text, text)
    with pytest.raises(float_abi.FloatAbiError):
        float_abi.clear(archive(tmp_path, f'void f(void) {{ __asm__("addi a0, a0, 1\\n{text}"); }}'))


@pytest.mark.parametrize("text", ["ld a0, 8(a1)", "sd a0, 8(sp)", "lw a0, 4(a0)", "csrr a0, cycle", "ecall",
                                  "amoadd.d a0, a1, (a2)", "lui a0, 0x7f", "mulw a0, a1, a2"])
def test_integer_instructions_are_not_taken_for_it(tmp_path, text):
    float_abi.clear(archive(tmp_path, f'void f(void) {{ __asm__("{text}"); }}'))


def test_what_is_no_archive_of_the_target_is_refused(tmp_path):
    with pytest.raises(float_abi.FloatAbiError, match="not an archive"):
        float_abi.clear(b"\x7fELF" * 20)
    data = bytearray(archive(tmp_path, PLAIN))
    (_, at, _), = float_abi.members(bytes(data))
    struct.pack_into("<H", data, at + 0x12, 183)
    with pytest.raises(float_abi.FloatAbiError, match="part0.o: not a RISC-V ELF64 file"):
        float_abi.clear(bytes(data))
