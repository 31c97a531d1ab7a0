# SPDX-License-Identifier: Apache-2.0
"""What the hypervisor costs: the rows of ./bench, how each is measured, the committed table and the
comparison with it. docs/costs.md explains the rows; nothing here depends on wall time."""
import concurrent.futures
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import builds
import machine
import setup_host

ROOT = builds.ROOT
TABLE = ROOT / "tools" / "bench" / "aarch64.json"
BENCH = builds.BUILD / "aarch64" / "guests" / "bench" / "bench.bin"
# One instruction is one nanosecond of the machine's time and one tick of its counter; nothing of the
# host's clock or randomness gets in. CPUs without work skip to the next timer.
CPU = "neoverse-n1,cntfrq=1000000000"
REPEATABLE = ["-icount", "shift=0,sleep=off", "-seed", "1",
              "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
SECONDS = 600  # for one QEMU: only to end what hangs
TOLERANCE = 0.02


class CostError(Exception):
    """One line: which row cannot be measured, and why."""


@dataclass(frozen=True)
class Row:
    """One figure. @aim: not to be exceeded; None if there is no aim. @others: what other hypervisors
    take, on the same emulator."""
    key: str
    what: str
    aim: float = None
    others: str = ""


ROWS = (
    Row("hypercall", "PSCI_VERSION by HVC, there and back", 110,
        "Bao 188, KVM VHE 1,072, nVHE 1,546, Xvisor (riscv) 732"),
    Row("hypercall_unknown", "a hypercall that nobody has"),
    Row("irqchip_read", "read of GICD_TYPER", 180, "Bao 231, KVM 1,915"),
    Row("irqchip_enable_read", "read of GICD_ISENABLER1"),
    Row("irqchip_redist_read", "read of GICR_TYPER"),
    Row("uart_read", "read of the PL011's UARTFR", 200, "KVM and user space 6,107"),
)


# ---- measuring ----

def run(name, memory, cpus, extra):
    """Run QEMU to its end and return what the console said. CostError if it had to be stopped."""
    argv = machine.qemu(memory, cpus, CPU, 3, "stdio", SECONDS, True, [*extra, *REPEATABLE])
    builds.LOGS.mkdir(parents=True, exist_ok=True)
    log = builds.LOGS / f"bench-{name}.log"
    with open(log, "wb") as out:
        code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                              check=False).returncode
    text = log.read_text(errors="replace")
    if code != 0:
        lines = [x for x in text.splitlines() if x.strip()] or ["nothing"]
        how = f"did not end in {SECONDS} s" if code in (-9, 137) else f"ended with {code}"
        raise CostError(f"{name}: QEMU {how}; its last line: {lines[-1].strip()[:200]} "
                        f"({log.relative_to(ROOT)})")
    return text


def bench_guest(name, vcpus, cpus):
    """Rows that guests/bench prints: {key: (min, median, max)}."""
    bundle = machine.bundle([machine.Vm(name="bench", vcpus=vcpus, memory=64, kernel=BENCH)])
    text = run(name, 64 + machine.HYPERVISOR_MIB, cpus, machine.boot_args(machine.IMAGE, bundle))
    found = re.findall(r"^bench (\w+) (\d+) (\d+) (\d+)\r?$", text, re.M)
    if not found:
        raise CostError(f"{name}: the guest reported nothing (build/logs/bench-{name}.log)")
    return {key: tuple(map(int, figures)) for key, *figures in found}


def exits():
    rows = bench_guest("exits", 1, 1)
    return {key: median for key, (_, median, _) in rows.items()}


JOBS = (exits,)


def measure():
    """All rows, {key: figure}; independent machines run two at a time."""
    machine.hypervisor()
    figures = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for job in [pool.submit(job) for job in JOBS]:
            figures.update(job.result())
    missing = [row.key for row in ROWS if row.key not in figures]
    if missing:
        raise CostError(f"not measured: {' '.join(missing)}")
    return {row.key: figures[row.key] for row in ROWS}


# ---- the committed table ----

def committed():
    """The figures of the last table; {} if there is none."""
    try:
        return json.loads(TABLE.read_text())["rows"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as err:
        raise CostError(f"{TABLE.relative_to(ROOT)}: not a table of ./bench: {err}") from None


def measured_with():
    """The tools that figures depend on."""
    def first(*argv):
        found = re.search(r"\d+(\.\d+)+", setup_host.output(*argv) or "")
        return found[0] if found else "unknown"
    return {"qemu": first("qemu-system-aarch64", "--version"),
            "gcc": first("aarch64-linux-gnu-gcc", "-dumpfullversion")}


def write_table(figures):
    TABLE.write_text(json.dumps({"rows": figures, "measured_with": measured_with()}, indent=2) + "\n")
