# SPDX-License-Identifier: Apache-2.0
"""The checkers check: each is fed an example that it must refuse, and one that it must not."""
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import builds

ROOT = builds.ROOT
TOOLS = ROOT / "tools"


def python(*argv):
    done = subprocess.run([sys.executable, "-B", *map(str, argv)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def tree(folder, files):
    """A small source tree: {path: text}, with a meson.build for each library."""
    libs = sorted({p.split("/")[1] for p in files if p.startswith("libs/") and p.count("/") > 1})
    base = {"libs/meson.build": "".join(f"subdir('{x}')\n" for x in libs)}
    for path, text in {**base, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


BASE_H = "libs/axbase/include/axbase/types.h"
DEV_MESON = {"libs/axdev/meson.build": "axdev_dep = declare_dependency(dependencies: [axbase_dep])\n"
                                       "ax_libraries += [{'requires': ['axbase']}]\n",
             "libs/axbase/meson.build": "axbase_dep = declare_dependency()\n"}

GOOD = {BASE_H: "#include <stdint.h>\n", **DEV_MESON,
        "libs/axdev/include/axdev/dev.h": "#include <axbase/types.h>\n",
        "libs/axdev/src/dev.c": '#include "private.h"\n#include <axdev/dev.h>\n',
        "libs/axdev/src/private.h": "/* #include <stdio.h> */\n"}

LAYER_OFFENCES = {
    "a lower library uses a higher one": (
        {BASE_H: "#include <axdev/dev.h>\n"}, "axbase uses axdev, which does not stand below it"),
    "siblings meet": (
        {"libs/vgic/src/v.c": "#include <vuart/u.h>\n", "libs/vuart/include/vuart/u.h": "\n"},
        "vgic uses vuart, which does not stand below it"),
    "a library includes libc": (
        {"libs/axdev/src/dev.c": "#include <stdio.h>\n"}, "<stdio.h>: not a library's header"),
    "a library includes a board": (
        {"libs/axdev/src/dev.c": "#include <platform/board.h>\n",
         "platforms/include/platform/board.h": "\n"}, "boards are for apps alone"),
    "a library reaches into another's source": (
        {"libs/axdev/src/dev.c": '#include "../../axbase/src/secret.h"\n',
         "libs/axbase/src/secret.h": "\n"}, "outside axdev"),
    "a private header is missing": (
        {"libs/axdev/src/dev.c": '#include "gone.h"\n'}, "no such file in axdev"),
    "headers include each other": (
        {BASE_H: "#include <axbase/bits.h>\n",
         "libs/axbase/include/axbase/bits.h": "#include <axbase/types.h>\n"},
        "headers include each other"),
    "a library is not in the order": (
        {"libs/meson.build": "subdir('axbase')\n"}, "no subdir('axdev')"),
    "a dependency comes later": (
        {"libs/meson.build": "subdir('axdev')\nsubdir('axbase')\n"}, "axbase comes later"),
    "an include is not a declared dependency": (
        {"libs/axdev/meson.build": "axdev_dep = declare_dependency()\n"},
        "axbase is not among the dependencies"),
    "pkg-config would not find a header": (
        {"libs/axdev/meson.build": "axdev_dep = declare_dependency(dependencies: [axbase_dep])\n"
                                   "ax_libraries += [{'requires': []}]\n"},
        "axbase is not in 'requires'"),
    "a library uses the test fakes": (
        {"libs/axdev/src/dev.c": "#include <axtest/axtest.h>\n",
         "libs/axtest/include/axtest/axtest.h": "\n"}, "which is for tests"),
    "a library nobody ranked": ({"libs/zebra/src/z.c": "\n"}, "has no rank"),
    "an app is used": ({"platforms/x.c": '#include "apps/axvisor/main.h"\n'}, "used by nothing"),
}


def test_layers_pass_a_good_tree(tmp_path):
    assert python(TOOLS / "check_layers.py", tree(tmp_path, GOOD)) == (0, "ok: layers\n")


@pytest.mark.parametrize("files, message", LAYER_OFFENCES.values(), ids=LAYER_OFFENCES.keys())
def test_layers_refuse(tmp_path, files, message):
    code, text = python(TOOLS / "check_layers.py", tree(tmp_path, {**GOOD, **files}))
    assert code == 1 and message in text, text


@pytest.fixture
def archive(tmp_path):
    """A static library that exports toy_open and asks for ax_port_log and malloc."""
    (tmp_path / "toy.c").write_text("void ax_port_log(void); void *malloc(unsigned long);\n"
                                    "void *toy_open(void) { ax_port_log(); return malloc(1); }\n"
                                    "static int hidden; int *toy_peek(void) { return &hidden; }\n")
    subprocess.check_call(["cc", "-w", "-fno-builtin", "-c", "toy.c"], cwd=tmp_path)
    subprocess.check_call(["ar", "rcs", "libtoy.a", "toy.o"], cwd=tmp_path)
    return tmp_path / "libtoy.a"


@pytest.mark.parametrize("exports, imports, code, message", [
    (["toy_"], ["ax_port_", "malloc", "_GLOBAL"], 0, "ok"),
    (["toy_"], ["ax_port_", "_GLOBAL"], 1, "needs malloc"),
    (["toy_o"], ["ax_port_", "malloc", "_GLOBAL"], 1, "exports toy_peek"),
])
def test_symbols_are_audited(archive, exports, imports, code, message):
    got, text = python(TOOLS / "check_symbols.py", shutil.which("nm"), archive,
                       "--exports", *exports, "--imports", *imports)
    assert got == code and message in text, text


def test_an_inclusion_of_a_header_without_guard_fails(tmp_path):
    (tmp_path / "bad.h").write_text("struct twice { int x; };\n")
    done = subprocess.run(["cc", "-c", f"-I{tmp_path}", "-DHDR=<bad.h>",
                           str(TOOLS / "include_one.c"), "-o", "/dev/null"],
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 0 and "redefinition" in done.stderr


def test_format_refuses_a_badly_indented_file(tmp_path):
    shutil.copy(ROOT / ".clang-format", tmp_path)
    for text, good in (("int f(void)\n{\n\treturn 1;\n}\n", True), ("int f(void) {return 1;}\n", False)):
        (tmp_path / "x.c").write_text(text)
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", "--style=file", "x.c"],
                              cwd=tmp_path, stderr=subprocess.DEVNULL, check=False)
        assert (done.returncode == 0) == good


TIDY = {
    "no braces": "int f(int a) { if (a) return 1; return 0; }\n",
    "a branch repeated": "int f(int a) { if (a) { return 1; } else if (a) { return 1; } return 0; }\n",
    "the size of a pointer for that of an array": "int f(int *a) { return (int)(sizeof(a) / sizeof(a[0])); }\n",
    "a semicolon too many": "int f(int a) { if (a); { a = 2; } return a; }\n",
}


@pytest.mark.parametrize("text", TIDY.values(), ids=TIDY.keys())
def test_tidy_refuses(tmp_path, text):
    (tmp_path / "x.c").write_text(text)
    done = subprocess.run(["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}",
                           str(tmp_path / "x.c"), "--", "-std=c11"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    assert done.returncode != 0, done.stdout


def test_cppcheck_refuses_an_overrun(tmp_path):
    (tmp_path / "x.c").write_text("int f(void) { int a[4] = {0}; return a[4]; }\n")
    done = subprocess.run(["cppcheck", "-q", "--enable=warning,performance,portability",
                           "--error-exitcode=1", str(tmp_path / "x.c")], stderr=subprocess.DEVNULL,
                          check=False)
    assert done.returncode == 1


def test_the_tree_itself_keeps_its_layers():
    code, text = python(TOOLS / "check_layers.py")
    assert code == 0, text


def test_commands_are_shell_scripts_that_parse():
    for path in (ROOT / "run", ROOT / "test", ROOT / ".ci" / "run", TOOLS / "python.sh"):
        subprocess.check_call(["sh", "-n", str(Path(path))])
