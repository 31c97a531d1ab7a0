# SPDX-License-Identifier: Apache-2.0
"""The link checker: refuses what leads nowhere, and leaves code and the web alone."""
import subprocess
import sys

import pytest

import builds

TOOL = builds.ROOT / "tools" / "check_links.py"


def check(root, text):
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "there.md").write_text("# There\n\n## A Heading, and more\n")
    (root / "README.md").write_text(text)
    done = subprocess.run([sys.executable, "-B", str(TOOL), str(root)], stdout=subprocess.PIPE,
                          text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("text", [
    "[a file](docs/there.md), [a folder](docs), [a heading](docs/there.md#a-heading-and-more)\n",
    "# Here\n\n[itself](#here)\n",
    "[the web](https://example.org/x.md)\n",
    "`[code](nowhere)`\n\n    [more code](nowhere)\n\n```\n[and more](nowhere)\n```\n",
])
def test_good_links_pass(tmp_path, text):
    assert check(tmp_path, text) == (0, "ok: links of 2 files\n")


@pytest.mark.parametrize("text, message", [
    ("one\n\n[x](docs/gone.md)\n", "README.md:3: docs/gone.md: no such file"),
    ("[x](docs/there.md#elsewhere)\n", "no such heading"),
    ("[x](../outside.md)\n", "outside the tree"),
])
def test_bad_links_are_named(tmp_path, text, message):
    code, said = check(tmp_path, text)
    assert code == 1 and message in said, said
