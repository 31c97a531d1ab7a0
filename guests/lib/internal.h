/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the runtime. */
#pragma once
#include <stdint.h>

void guest_tree_init(uint64_t dtb);
