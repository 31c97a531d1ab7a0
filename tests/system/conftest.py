# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. A failed test shows the end of its console. A test that takes the fixture
"arch", by itself or through one that does, runs on each architecture; every other one on AArch64 alone."""
import functools
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import builds  # noqa: E402
import console  # noqa: E402
import machine  # noqa: E402
from arches import AARCH64, ARCHES  # noqa: E402

TRANSCRIPT_LINES = 60


@functools.cache
def built(arch):
    """The hypervisor, built from this tree."""
    if console.plain():
        return None
    if not (builds.ROOT / "platforms" / f"qemu-virt-{arch.name}" / "meson.build").exists():
        pytest.skip(f"there is no board for {arch.name} in this tree")
    return machine.hypervisor(arch)


@pytest.fixture(scope="session")
def image():
    return built(AARCH64)


@pytest.fixture(scope="session", params=ARCHES.values(), ids=ARCHES.keys())
def arch(request):
    """Each architecture, its hypervisor built."""
    built(request.param)
    return request.param


def arch_of(request):
    """The one that the test which is set up runs on."""
    return request.getfixturevalue("arch") if "arch" in request.fixturenames else AARCH64


class Starter:
    """Starts machines for one test (or one module) and ends them all."""

    def __init__(self, name, arch=AARCH64):
        self.arch = arch
        self.name = re.sub(r"\W+", "_", name).strip("_")[:100]
        self.consoles = []

    def __call__(self, *vms, **kwargs):
        folder = builds.LOGS / "system"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / f"{self.name}-{len(self.consoles)}.log"
        built(vms[0].arch)
        self.consoles.append(console.start(vms, log, **kwargs))
        return self.consoles[-1]

    def linux(self, vcpus=4, memory=512, gic=3, words="quiet loglevel=3", arch=None, **kwargs):
        """The default guest at its prompt; @words for its command line."""
        arch = arch or self.arch
        vm = machine.linux(arch=arch, vcpus=vcpus, memory=memory, gic=gic,
                           cmdline=f"console={arch.console} {words}")
        return self(vm, gic=gic, **kwargs).prompt()

    def close(self):
        for c in self.consoles:
            c.close()


@pytest.fixture
def start(request):
    starter = Starter(request.node.name, arch_of(request))
    request.node.starter = starter
    yield starter
    starter.close()


@pytest.fixture(scope="module")
def guest(request, arch):
    """One Linux guest that the tests of a module share; they leave it as it was."""
    starter = Starter(f"{request.module.__name__}-{arch.name}", arch)
    request.node.starter = starter
    yield starter.linux().agent()
    starter.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    text = str(report.longrepr)
    for node in (item, item.getparent(pytest.Module)):
        starter = getattr(node, "starter", None)
        for n, c in enumerate(starter.consoles if starter else []):
            lines = c.transcript().splitlines()[-TRANSCRIPT_LINES:]
            text += f"\n---- console {n} ({c.path.relative_to(builds.ROOT)}), its end\n"
            text += "\n".join(lines)
    report.longrepr = text  # as text it also gets into the JUnit file
