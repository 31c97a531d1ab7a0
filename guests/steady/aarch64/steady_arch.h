/* SPDX-License-Identifier: Apache-2.0 */
/* 32 registers of 128 bits, FPCR, FPSR. */
#pragma once

#define STEADY_FP_WORDS    66
#define STEADY_FP_CONTROLS 2
