# SPDX-License-Identifier: Apache-2.0
"""The bundler: what is in the archive, where, and what is refused."""
import shutil
import subprocess
import sys

import pytest

import axbundle
from conftest import TOOLS
from vmconf import blob, cpio, dtb


@pytest.fixture
def bundle(write, tmp_path):
    """bundle(texts) writes each as a file, bundles them, and returns {name: data} of the archive."""
    def make(*texts, overrides=()):
        files = [write(t, f"{i}.toml") for i, t in enumerate(texts)]
        out = tmp_path / "bundle"
        axbundle.write_bundle(out, axbundle.compile_files(files, overrides, warn=lambda w: None))
        archive = out.read_bytes()
        return {name: archive[at:at + size] for name, at, size in cpio.entries(archive)}
    return make


def vm(name, more="", kernel="k", memory='memory = "1M"'):
    return f'[base]\nname = "{name}"\n{memory}\n{more}\n[kernel]\nkernel_path = "{kernel}"\n'


def image(data, role="kernel"):
    return dtb.as_string(blob.read(data).find("images").find(role).props["path"])


def test_a_bundle_holds_configurations_then_images(bundle, write):
    write("kernel bytes", "k")
    write("disk", "r")
    got = bundle(vm("a") + 'ramdisk_path = "r"\n')
    assert list(got) == ["vms/00-a.vm", "images/k", "images/r"]
    assert got["images/k"] == b"kernel bytes"
    assert image(got["vms/00-a.vm"]) == "images/k"
    assert image(got["vms/00-a.vm"], "ramdisk") == "images/r"


def test_equal_contents_are_stored_once_and_equal_names_are_kept_apart(bundle, write, tmp_path):
    write("one", "k")
    write("one", "copy")
    (tmp_path / "sub").mkdir()
    write("two", "sub/k")
    got = bundle(vm("a"), vm("b", kernel="copy"), vm("c", kernel="sub/k"))
    assert [n for n in got if n.startswith("images/")] == ["images/k", "images/2-k"]
    assert [image(got[n]) for n in got if n.startswith("vms/")] == [
        "images/k", "images/k", "images/2-k"]


def test_a_long_name_fits_in_a_blob(bundle, write):
    name = "\u00e9" * 62
    write("x", name)
    got = bundle(vm("a", kernel=name))
    path = image(got["vms/00-a.vm"])
    assert path in got and path.startswith("images/\u00e9") and len(path.encode()) < 128


def test_vms_without_an_id_are_numbered(bundle, write):
    write("x", "k")
    got = bundle(vm("a"), vm("b", "id = 9"), vm("c"))
    assert [dtb.as_u32(blob.read(d).props["id"]) for n, d in got.items() if "vms/" in n] == [1, 9, 3]


def test_data_is_aligned_to_64_bytes(write, tmp_path, bundle):
    write("odd", "k")
    bundle(vm("a"), vm("bb"), vm("ccc"))
    archive = (tmp_path / "bundle").read_bytes()
    assert all(at % 64 == 0 for _, at, size in cpio.entries(archive) if size)
    assert len(archive) % 512 == 0


def test_the_same_input_gives_the_same_bytes(write, tmp_path, bundle):
    write("x", "k")
    bundle(vm("a"))
    first = (tmp_path / "bundle").read_bytes()
    (tmp_path / "k").touch()
    bundle(vm("a"))
    assert (tmp_path / "bundle").read_bytes() == first


@pytest.mark.skipif(shutil.which("cpio") is None, reason="no cpio")
def test_cpio_unpacks_a_bundle(write, tmp_path, bundle):
    write("kernel", "k")
    write("", "empty")
    bundle(vm("a") + 'ramdisk_path = "empty"\n')
    out = tmp_path / "out"
    out.mkdir()
    with open(tmp_path / "bundle", "rb") as archive:
        subprocess.run(["cpio", "-id", "--quiet"], cwd=out, stdin=archive, check=True)
    assert (out / "images/k").read_text() == "kernel"
    assert (out / "images/empty").read_text() == ""
    assert blob.read((out / "vms/00-a.vm").read_bytes()).props["vm-name"] == b"a\0"


REFUSED = [
    ((vm("a", kernel="m1") + 'ramdisk_path = "m2"\n',),
     ['m1: No such file or directory (kernel of VM "a")',
      'm2: No such file or directory (ramdisk of VM "a")']),
    ((vm("a"), vm("a", "id = 5")), ['VM "a": name "a" is taken by VM "a"']),
    ((vm("a", "id = 5"), vm("b", "id = 5")), ['VM "b": id 5 is taken by VM "a"']),
    ((vm("a", "id = 2"), vm("b")), ['VM "b": id 2 is taken by VM "a"']),
    ((vm("a x"), vm("b", "id = -1")), ["0.toml:2: base.name:", "1.toml:4: base.id:"]),
    ((vm("a", memory="") + '[[memory]]\nbase = 0x1000\nsize = 0x2000\nkind = "identity"\n',
      vm("b") + "[[devices.passthrough]]\nbase = 0x5000\nhost = 0x2000\nsize = 0x1000\n"),
     ['VM "b": host memory 0x2000-0x2fff is also given to VM "a" (0x1000-0x2fff)']),
]


@pytest.mark.parametrize("texts, messages", REFUSED)
def test_what_cannot_be_bundled_is_refused_and_nothing_written(bundle, write, tmp_path, texts, messages):
    write("x", "k")
    with pytest.raises(axbundle.ConfigError) as e:
        bundle(*texts)
    lines = str(e.value).splitlines()
    assert len(lines) == len(messages) and all(m in line for m, line in zip(messages, lines)), lines
    assert not (tmp_path / "bundle").exists()


def test_an_empty_bundle_is_refused(tmp_path):
    with pytest.raises(axbundle.ConfigError, match="no VM"):
        axbundle.write_bundle(tmp_path / "bundle", [])


def test_vms_with_memory_of_their_own_may_use_the_same_addresses(bundle, write):
    write("x", "k")
    assert len(bundle(vm("a"), vm("b"))) == 3


def run(*args):
    return subprocess.run([sys.executable, TOOLS / "axbundle.py", *map(str, args)],
                          capture_output=True, text=True, check=False)


def test_the_command_makes_and_lists_a_bundle(write, tmp_path):
    write("x", "k")
    out = tmp_path / "b"
    assert run("-o", out, "--set", "memory=2M", write(vm("a"))).returncode == 0
    result = run("--list", out)
    assert result.returncode == 0
    assert [line.split()[2] for line in result.stdout.splitlines()] == ["vms/00-a.vm", "images/k"]


@pytest.mark.parametrize("args, code, message", [
    ((), 2, "give either"), (("--list", "/nonexistent"), 1, "/nonexistent: No such file"),
    (("--list", __file__), 1, "test_axbundle.py: no cpio header at 0x0"),
    (("-o", "/tmp/x", "/nonexistent.toml"), 1, "/nonexistent.toml: No such file"),
])
def test_a_wrong_command_line_is_named(args, code, message):
    result = run(*args)
    assert result.returncode == code and message in result.stderr and "Traceback" not in result.stderr


def test_a_damaged_archive_is_named(write, tmp_path, bundle):
    write("x" * 100, "k")
    bundle(vm("a"))
    archive = (tmp_path / "bundle").read_bytes()
    for damaged in (archive[:50], archive[:300], archive.replace(b"TRAILER", b"TRAILOR"),
                    archive[:54] + b"zzzzzzzz" + archive[62:]):
        with pytest.raises(cpio.CpioError):
            list(cpio.entries(damaged))
