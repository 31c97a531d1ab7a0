/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a PLIC is, said as plainly as can be: an array for everything, and a look at all of it each
 * time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MODEL_SOURCES  1024
#define MODEL_CONTEXTS 16

struct model {
	uint32_t source_count, context_count, priority_mask;
	uint32_t priority[MODEL_SOURCES];
	bool edge[MODEL_SOURCES];
	bool line[MODEL_SOURCES];
	bool pending[MODEL_SOURCES];
	bool claimed[MODEL_SOURCES];
	bool again[MODEL_SOURCES]; /* an edge while claimed */
	bool enabled[MODEL_CONTEXTS][MODEL_SOURCES];
	uint32_t threshold[MODEL_CONTEXTS];
};

void model_line(struct model *m, uint32_t source, bool level);
void model_priority(struct model *m, uint32_t source, uint32_t val);
void model_enable(struct model *m, uint32_t context, uint32_t word, uint32_t val);
void model_threshold(struct model *m, uint32_t context, uint32_t val);
/** What a claim would return. */
uint32_t model_best(const struct model *m, uint32_t context);
uint32_t model_claim(struct model *m, uint32_t context);
/** Whether the completion was one. */
bool model_complete(struct model *m, uint32_t context, uint32_t source);
bool model_level(const struct model *m, uint32_t context);
void model_reset(struct model *m);
/** Registers as a guest reads them. */
uint32_t model_pending_word(const struct model *m, uint32_t word);
uint32_t model_enable_word(const struct model *m, uint32_t context, uint32_t word);
