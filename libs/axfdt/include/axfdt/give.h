/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the host's devices a guest may be given: those of its tree that nobody else can need. */
#pragma once
#include <axfdt/host.h>

/**
 * May a guest have @pages of the machine whose tree at @fdt axfdt_read_host() has made @host of? True if
 * they lie within the registers, widened to whole pages, of an enabled device, and nothing in them has to
 * be withheld: @host's console and interrupt controller, what interrupts CPUs directly (clint), a syscon
 * (it powers the machine off), PCI's configuration space, memory, what is disabled or has no compatible.
 * Other devices that the hypervisor drives, it has to withhold itself.
 */
bool axfdt_may_give(const void *fdt, const struct axfdt_host *host, struct axfdt_range pages);
