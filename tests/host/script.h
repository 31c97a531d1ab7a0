/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that follow a plan: a function for each vCPU, called at each of its entries. */
#pragma once
#include "machine.h"

/** @n counts the entries of this vCPU since the function was set, from 0. Without an exit: an IRQ. */
typedef void (*script_fn)(const struct machine_entry *e, unsigned n);

/** Power on two VMs of @vcpus vCPUs on two pCPUs, and let the first one run. */
void script_on(uint32_t intc, uint32_t vcpus);
/** What vCPU @vcpu of VM @vm does from now on. */
void script_set(uint32_t vm, uint32_t vcpu, script_fn fn);
/** A few rounds of pCPU @cpu: each of its tasks has its turn. */
void script_run(uint32_t cpu);
