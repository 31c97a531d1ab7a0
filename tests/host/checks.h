/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold whatever the guests do; a panic says what did not. */
#pragma once
#include "machine.h"

/** vCPU @id of @g is about to run on this pCPU. */
void checks_on_entry(struct guest *g, uint32_t id);
/** No step is on its way on any pCPU. */
void checks_after_step(void);
/** Does axvm's contract allow the call in @state? */
bool checks_may_call(enum machine_request what, enum axvm_state state);
/** @g says that it has reached @state. */
void checks_on_state(const struct guest *g, enum axvm_state state);
