/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of this app know of each other. */
#pragma once
#include <axbase/types.h>

#define VMM_MAX_VMS 8

/** Let the console's task be stepped. Any CPU, any lock. */
void vmm_wake_console(void);
