# SPDX-License-Identifier: Apache-2.0
"""Finds the tools from wherever pytest is started, and gives tests a folder with one good configuration."""
import pathlib
import sys

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

GOOD = """\
[base]
name = "vm"
cpu_num = 2
memory = "64M"

[kernel]
kernel_path = "Image"
"""


@pytest.fixture
def write(tmp_path):
    """write(text, name) makes a file and returns its path."""
    def write_file(text, name="vm.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return write_file


@pytest.fixture
def good():
    return GOOD
