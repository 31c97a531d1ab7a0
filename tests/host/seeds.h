/* SPDX-License-Identifier: Apache-2.0 */
/* Random exits from fixed seeds, as a test. */
#pragma once

void seeds_break_nothing(void **state);
