# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. A failed test shows the end of its console."""
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import builds  # noqa: E402
import console  # noqa: E402
import machine  # noqa: E402

TRANSCRIPT_LINES = 60


@pytest.fixture(scope="session", autouse=True)
def image():
    """The hypervisor, built from this tree."""
    if console.plain():
        return None
    if not (builds.ROOT / "apps" / "axvisor" / "meson.build").exists():
        pytest.skip("there is no apps/axvisor in this tree")
    return machine.hypervisor()


class Starter:
    """Starts machines for one test (or one module) and ends them all."""

    def __init__(self, name):
        self.name = re.sub(r"\W+", "_", name).strip("_")[:100]
        self.consoles = []

    def __call__(self, *vms, **kwargs):
        folder = builds.LOGS / "system"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / f"{self.name}-{len(self.consoles)}.log"
        self.consoles.append(console.start(vms, log, **kwargs))
        return self.consoles[-1]

    def linux(self, vcpus=4, memory=512, gic=3, cmdline=machine.CMDLINE, **kwargs):
        """The default guest at its prompt."""
        vm = machine.linux(vcpus=vcpus, memory=memory, gic=gic, cmdline=cmdline)
        return self(vm, gic=gic, **kwargs).prompt()

    def close(self):
        for c in self.consoles:
            c.close()


@pytest.fixture
def start(request, image):
    starter = Starter(request.node.name)
    request.node.starter = starter
    yield starter
    starter.close()


@pytest.fixture(scope="module")
def guest(request, image):
    """One Linux guest that the tests of a module share; they leave it as it was."""
    starter = Starter(request.module.__name__)
    request.node.starter = starter
    yield starter.linux().agent()
    starter.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for node in (item, item.getparent(pytest.Module)):
        starter = getattr(node, "starter", None)
        for n, c in enumerate(starter.consoles if starter else []):
            lines = c.transcript().splitlines()[-TRANSCRIPT_LINES:]
            where = c.path.relative_to(builds.ROOT)
            report.sections.append((f"console {n} ({where}), its end", "\n".join(lines)))
