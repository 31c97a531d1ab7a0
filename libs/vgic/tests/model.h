/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain model of what interrupts a guest sees: state by interrupt, no queues, no list registers.
 * Shares nothing with the library. Two vCPUs; interrupt ids 0 to 63, below 32 one for each vCPU.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MODEL_VCPUS 2
#define MODEL_IRQS  64
#define MODEL_NONE  1023u

struct model_irq {
	bool enabled, edge, hw, line, latch, active;
	uint8_t priority, group, sources, source;
	int target;    /* of an SPI */
	int active_on; /* while active */
	uint8_t active_priority;
};

struct model_cpu {
	uint32_t pmr;
	bool group_on[2];
	bool split; /* EOImode 1 */
	/* acknowledged and not dropped, in order; then dropped and not deactivated */
	uint32_t stack[64], stack_priority[64], depth;
	uint32_t dropped[64], dropped_count;
};

struct model {
	bool v2;
	struct model_irq irq[MODEL_VCPUS][MODEL_IRQS]; /* SPIs in [0] only */
	struct model_cpu cpu[MODEL_VCPUS];
};

struct model_irq *model_irq(struct model *m, int vcpu, uint32_t intid);
void model_line(struct model *m, int vcpu, uint32_t intid, bool level);
void model_sgi(struct model *m, int from, int to, uint32_t intid);
void model_enable(struct model *m, int vcpu, uint32_t intid, bool on);
/** Is it right that @vcpu is shown @iar (INTID, v2 SGIs with source), or MODEL_NONE? */
bool model_accepts(struct model *m, int vcpu, uint32_t iar);
void model_ack(struct model *m, int vcpu, uint32_t iar);
/** The guest ends what it acknowledged last; returns that id as acknowledged. depth > 0. */
uint32_t model_eoi(struct model *m, int vcpu);
/** The guest deactivates the @index-th of the dropped ones. */
uint32_t model_dir(struct model *m, int vcpu, uint32_t index);
unsigned model_active_count(struct model *m, int vcpu);
