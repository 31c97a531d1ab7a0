/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual machine that this board's guests see: a table of concrete providers. The board's board.c
 * defines it, out of a guest machine such as platform/virt_aarch64.h and the board's own side.
 */
#pragma once
#include <axvm/machine.h>

extern const struct axvm_machine board_machine;
