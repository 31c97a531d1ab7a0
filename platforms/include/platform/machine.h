/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual machine that this board's guests see: the table of concrete providers, in board.c. */
#pragma once
#include <axvm/machine.h>

extern const struct axvm_machine board_machine;
