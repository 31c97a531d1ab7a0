#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every tree that the writer makes passes dtc without a warning and says what it should.
Usage: check_dtc.py DTC WRITE_TREE"""
import subprocess
import sys

dtc, write_tree = sys.argv[1:]
WANT = {
    "gicv3": ['compatible = "arm,gic-v3"', 'method = "hvc"', '"arm,psci-1.0", "arm,psci-0.2"',
              "interrupts = <0x01 0x0d 0x08 0x01 0x0e 0x08 0x01 0x0b 0x08 0x01 0x0a 0x08>",
              "always-on", 'stdout-path = "/serial@9000000"', "dma-coherent",
              'bootargs = "console=ttyAMA0"', "linux,initrd-end = <0x00 0x4c000000>"],
    "gicv2": ['compatible = "arm,cortex-a15-gic"', "interrupts = <0x01 0x0d 0x308"],
    "plic": ['"sifive,plic-1.0.0", "riscv,plic0"', 'mmu-type = "riscv,sv48"',
             "interrupts-extended = <0x10 0xffffffff 0x10 0x09 0x11 0xffffffff 0x11 0x09>",
             "timebase-frequency = <0x989680>", 'compatible = "ns16550a"',
             'riscv,isa = "rv64imafdc_zicbom_zicboz_zicsr_sstc"', 'riscv,isa-base = "rv64i"',
             'riscv,isa-extensions = "i", "m", "a", "f", "d", "c", "zicbom", "zicboz", "zicsr", "sstc"',
             "riscv,cbom-block-size = <0x40>", "riscv,cboz-block-size = <0x80>",
             'compatible = "google,goldfish-rtc"', "interrupts = <0x0b>"],
}
failed = False
for name, texts in WANT.items():
    tree = subprocess.run([write_tree, name], stdout=subprocess.PIPE, check=True).stdout
    run = subprocess.run([dtc, "-I", "dtb", "-O", "dts", "-"], input=tree,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    source = run.stdout.decode().replace("\\0", '", "')
    missing = [t for t in texts if t not in source]
    if run.returncode or run.stderr or missing:
        failed = True
        print(f"{name}: exit {run.returncode}, missing {missing}\n{run.stderr.decode()}\n{source}")
sys.exit(failed)
