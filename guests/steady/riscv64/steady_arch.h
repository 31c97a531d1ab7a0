/* SPDX-License-Identifier: Apache-2.0 */
/* 32 registers of 64 bits, fcsr. */
#pragma once

#define STEADY_FP_WORDS    33
#define STEADY_FP_CONTROLS 1
