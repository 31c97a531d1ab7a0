/* SPDX-License-Identifier: Apache-2.0 */
/* A life of two VMs on the fake machine, told by bytes. */
#pragma once
#include "machine.h"

/** Counters of one run, to see that it got anywhere. */
struct engine_stats {
	unsigned steps;
	unsigned entries;
	unsigned starts; /* told RUNNING */
	unsigned fails;
	unsigned lines;
};

/** At most @max_steps steps; anything that must not happen panics. */
struct engine_stats engine_run(const uint8_t *bytes, size_t size, unsigned max_steps);
