/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once per public header: each must stand alone and survive a second inclusion. */
#include HDR
#include HDR
typedef int translation_unit_is_not_empty;
