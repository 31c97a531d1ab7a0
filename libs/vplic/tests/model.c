/* SPDX-License-Identifier: Apache-2.0 */
/* The plain model, from the text of the PLIC specification. */
#include "model.h"
#include <string.h>

static bool exists(const struct model *m, uint32_t source)
{
	return source >= 1 && source <= m->source_count;
}

void model_line(struct model *m, uint32_t source, bool level)
{
	bool rises = exists(m, source) && level && !m->line[source];

	if (exists(m, source)) {
		m->line[source] = level;
	}
	if (rises && !m->claimed[source]) {
		m->pending[source] = true;
	} else if (rises && m->edge[source]) {
		m->again[source] = true;
	}
}

void model_priority(struct model *m, uint32_t source, uint32_t val)
{
	if (exists(m, source)) {
		m->priority[source] = val & m->priority_mask;
	}
}

void model_enable(struct model *m, uint32_t context, uint32_t word, uint32_t val)
{
	for (uint32_t bit = 0; bit < 32; bit++) {
		if (exists(m, word * 32 + bit)) {
			m->enabled[context][word * 32 + bit] = (val >> bit & 1) != 0;
		}
	}
}

void model_threshold(struct model *m, uint32_t context, uint32_t val)
{
	m->threshold[context] = val & m->priority_mask;
}

uint32_t model_best(const struct model *m, uint32_t context)
{
	uint32_t best = 0, priority = 0;

	for (uint32_t i = 1; i <= m->source_count; i++) {
		if (m->pending[i] && m->enabled[context][i] && m->priority[i] > priority) {
			best = i;
			priority = m->priority[i];
		}
	}
	return best;
}

uint32_t model_claim(struct model *m, uint32_t context)
{
	uint32_t best = model_best(m, context);

	if (best != 0) {
		m->pending[best] = false;
		m->claimed[best] = true;
	}
	return best;
}

bool model_complete(struct model *m, uint32_t context, uint32_t source)
{
	if (!exists(m, source) || !m->claimed[source] || !m->enabled[context][source]) {
		return false;
	}
	m->claimed[source] = false;
	m->pending[source] = m->edge[source] ? m->again[source] : m->line[source];
	m->again[source] = false;
	return true;
}

bool model_level(const struct model *m, uint32_t context)
{
	uint32_t best = model_best(m, context);

	return best != 0 && m->priority[best] > m->threshold[context];
}

void model_reset(struct model *m)
{
	memset(m->priority, 0, sizeof(m->priority));
	memset(m->claimed, 0, sizeof(m->claimed));
	memset(m->again, 0, sizeof(m->again));
	memset(m->enabled, 0, sizeof(m->enabled));
	memset(m->threshold, 0, sizeof(m->threshold));
	for (uint32_t i = 0; i <= m->source_count; i++) {
		m->pending[i] = !m->edge[i] && m->line[i];
	}
}

uint32_t model_pending_word(const struct model *m, uint32_t word)
{
	uint32_t val = 0;

	for (uint32_t bit = 0; bit < 32; bit++) {
		val |= (uint32_t)m->pending[word * 32 + bit] << bit;
	}
	return val;
}

uint32_t model_enable_word(const struct model *m, uint32_t context, uint32_t word)
{
	uint32_t val = 0;

	for (uint32_t bit = 0; bit < 32; bit++) {
		val |= (uint32_t)m->enabled[context][word * 32 + bit] << bit;
	}
	return val;
}
