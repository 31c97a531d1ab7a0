/* SPDX-License-Identifier: Apache-2.0 */
/* Save and load of everything in a VM that is at rest. */
#pragma once
#include "machine.h"

/** Nothing changes by a load of what was saved, nor by one that is refused. */
void snapshot_check(struct guest *g);
/**
 * Load the state of one part (devices, then the controller, then vCPUs: @part modulo their count) with
 * the byte at @at changed by @flip. Refused, it must leave everything as it was; else the VM has to
 * live with it.
 */
void snapshot_damage(struct guest *g, uint32_t part, uint32_t at, uint8_t flip);
