# SPDX-License-Identifier: Apache-2.0
"""The rows of ./bench, the tables of the last figures that are committed, and the comparison with them.
All architectures have the same rows; what one of them is, and what others take for it, can differ."""
import json
import re
from dataclasses import dataclass

import builds

ROOT = builds.ROOT
TABLES = ROOT / "tools" / "bench"
PAGE = ROOT / "docs" / "costs.md"
TOLERANCE = 0.02
# Debian's riscv64 kernel gathers entropy by timing itself: a boot is the same to the instruction for the same
# files, and moves by up to this with any byte of the image, command line or initramfs.
BOOT_NOISE = 0.08


class TableError(Exception):
    """One line about the committed table."""


@dataclass(frozen=True)
class Row:
    """One figure. @aim: not to be exceeded, None if there is no aim. @others: what other hypervisors
    take on the same emulator. @kernel: the figure means nothing with another guest kernel. @tolerance: how
    much it may grow."""
    key: str
    what: str
    aim: float = None
    others: str = ""
    kernel: bool = False
    tolerance: float = TOLERANCE


AARCH64 = (
    Row("hypercall", "PSCI_VERSION by HVC", 110,
        "Bao 188, KVM VHE 1,072, nVHE 1,546"),
    Row("hypercall_unknown", "a hypercall that nobody has"),
    Row("irqchip_read", "read of GICD_TYPER", 180, "Bao 231, KVM 1,915"),
    Row("irqchip_enable_read", "read of GICD_ISENABLER1"),
    Row("irqchip_redist_read", "read of GICR_TYPER"),
    Row("uart_read", "read of the PL011's UARTFR", 200, "KVM 6,107 (device in user space)"),
    Row("ipi", "SGI to the running vCPU on another CPU, to its handler", 700, "KVM 4,838"),
    Row("ipi_idle", "the same to a vCPU in WFI"),
    Row("ipi_send", "the sender's part of it"),
    Row("ipi_self", "SGI to oneself, to the handler"),
    Row("timer", "expiry of CNTV to the handler of the running vCPU", 600, "KVM 4,981"),
    Row("timer_idle", "the same in WFI"),
    Row("vcpu_switch", "WFI to the other vCPU's next instruction, one CPU", 900),
    Row("first_guest_insn", "from power-on to a guest's first instruction", 3_000_000,
        "Bao 369 k (from its entry)"),
    Row("boot_insns", "the kernel's first instruction to the shell", kernel=True),
    Row("boot_ratio", "the same, to plain QEMU", 1.005, "KVM 1.022"),
    Row("boot_ratio_verbose", "the same, with the whole log on the console", 1.03, "KVM 1.290"),
    Row("image_bytes", "the image file", 192 << 10, "Bao 94 KB, Xvisor 1,932 KB"),
    Row("text_bytes", "machine code in it"),
    Row("ram_bytes", "the hypervisor's memory with one VM", 1 << 20),
    Row("ram_bytes_per_vm", "what a second VM adds"),
)


RISCV64 = (
    Row("hypercall", "sbi_get_spec_version by ECALL", 140,
        "Bao 235, Xvisor 732, KVM 930; OpenSBI itself 308"),
    Row("hypercall_unknown", "an SBI call that nobody has"),
    Row("irqchip_read", "read of a PLIC priority", 220, "Bao 283, Xvisor 1,083"),
    Row("irqchip_enable_read", "read of 32 PLIC enables"),
    Row("irqchip_redist_read", "read of a PLIC threshold"),
    Row("uart_read", "read of the NS16550A's LSR", 240, "Xvisor 1,097, KVM 7,686 (device in user space)"),
    Row("ipi", "SBI IPI to the running vCPU on another hart, to its handler", 700),
    Row("ipi_idle", "the same to a vCPU in WFI"),
    Row("ipi_send", "the sender's part of it"),
    Row("ipi_self", "SBI IPI to oneself, to the handler", 700, "KVM 1,499"),
    Row("timer", "expiry of stimecmp to the handler of the running vCPU", 500),
    Row("timer_idle", "the same in WFI"),
    Row("vcpu_switch", "WFI to the other vCPU's next instruction, one hart"),
    Row("first_guest_insn", "from power-on, OpenSBI included, to a guest's first instruction"),
    Row("boot_insns", "the kernel's first instruction to the shell", kernel=True, tolerance=BOOT_NOISE),
    Row("boot_ratio", "the same, to plain QEMU with OpenSBI", 1.01, "Xvisor 1.384, KVM 1.476",
        tolerance=BOOT_NOISE),
    Row("boot_ratio_verbose", "the same, with the whole log on the console", 1.03, "KVM 1.690",
        tolerance=BOOT_NOISE),
    Row("image_bytes", "the image file", 160 << 10, "Bao 49 KB, Xvisor 785 KB"),
    Row("text_bytes", "machine code in it"),
    Row("ram_bytes", "the hypervisor's memory with one VM", 1 << 20),
    Row("ram_bytes_per_vm", "what a second VM adds"),
)

ROWS = {"aarch64": AARCH64, "riscv64": RISCV64}


def table_of(arch):
    return TABLES / f"{arch.name}.json"


def page_table(arch):
    """Where its table stands in docs/costs.md."""
    command = re.escape(f"<!-- ./bench {arch.name} --update writes this -->\n")
    return re.compile(f"(?<={command}).*?(?=<!-- -->)", re.S)


def missing(arch, figures):
    """Names of rows that @figures lacks."""
    return [row.key for row in ROWS[arch.name] if row.key not in figures]


def committed(arch):
    """(figures, measured with) of the committed table; empty ones if there is none."""
    path = table_of(arch)
    try:
        table = json.loads(path.read_text())
        return dict(table["rows"]), dict(table["measured_with"])
    except FileNotFoundError:
        return {}, {}
    except (ValueError, KeyError, TypeError) as err:
        raise TableError(f"{path.relative_to(ROOT)}: not a table of ./bench: {err}") from None


def write(arch, figures, measured_with):
    """The committed table, and its copy in docs/costs.md."""
    page, place = PAGE.read_text(), page_table(arch)
    if not place.search(page):
        raise TableError(f"{PAGE.relative_to(ROOT)}: no place for the table of {arch.name}")
    rows = {row.key: figures[row.key] for row in ROWS[arch.name]}
    table_of(arch).write_text(json.dumps({"rows": rows, "measured_with": measured_with}, indent=2) + "\n")
    PAGE.write_text(place.sub(lambda _: markdown(arch, rows), page))


def markdown(arch, figures):
    rows = ["| row | what | figure | aim | others, on the same emulator |",
            "| --- | --- | ---: | ---: | --- |"]
    return "\n".join(rows + [
        f"| `{r.key}` | {r.what} | {number(figures[r.key])} | {number(r.aim) if r.aim else ''} | {r.others} |"
        for r in ROWS[arch.name]]) + "\n"


def number(v):
    if v is None:
        return "-"
    return f"{v:,}" if isinstance(v, int) else f"{v:.4f}"


def change(row, now, before):
    """What there is to say about a row, and whether that is a failure: (line, bool); ("", False) if it
    is as it was. @before None: the table lacks the row."""
    if before is None:
        return f"{row.key}: {number(now)}, but the committed table has no such row", True
    step = f"{row.key}: from {number(before)} to {number(now)}"
    if now > before * (1 + row.tolerance):
        return f"{step}: {100 * (now / before - 1):.1f} % more", True
    if now < before * (1 - row.tolerance):
        return f"{step}: {100 * (1 - now / before):.1f} % less", False
    return "", False


def compare(arch, figures, here, tally, say):
    """Into @tally: a test per row, failed if its figure grew by more than the tolerance, is not there,
    or has nothing to be compared with. @here: measured_with() of @figures."""
    before, there = committed(arch)
    prefix = f"bench {arch.name}"
    tools = [f"{k} {there.get(k)} there, {here[k]} here" for k in here if there.get(k) != here[k]]
    for row in ROWS[arch.name]:
        if row.key not in figures:
            tally.fail(f"{prefix} {row.key}", f"{row.key}: not measured")
        elif row.kernel and row.key in before and there.get("kernel") != here["kernel"]:
            tally.skip(f"{prefix} {row.key}", "another kernel than the table's: " + ", ".join(tools))
        else:
            line, bad = change(row, figures[row.key], before.get(row.key))
            if bad and tools:
                line += f" (measured with other tools: {', '.join(tools)})"
            tally.check(f"{prefix} {row.key}", int(bad), line)
            if line and not bad:
                say(f"{line} (./bench {arch.name} --update notes it)")
    for key in before.keys() - {row.key for row in ROWS[arch.name]}:
        tally.fail(f"{prefix} {key}", f"{key}: in the committed table, but nothing measures it")


def verdict(row, figure):
    if row.aim is None or figure is None:
        return ""
    return "ok" if figure <= row.aim else "not met"


def lines(arch, figures, before):
    """The table to print."""
    rows = [("row", "now", "committed", "aim", "", "others")]
    rows += [(r.key, number(figures.get(r.key)), number(before.get(r.key)), number(r.aim),
              verdict(r, figures.get(r.key)), r.others) for r in ROWS[arch.name]]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return ["  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)),
                       row[4].ljust(widths[4]), row[5]]).rstrip() for row in rows]
