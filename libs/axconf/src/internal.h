/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of axconf share: writing the one line of a diagnosis. */
#pragma once
#include <axconf/vm.h>

/** Store the line, with anything unprintable that came from a blob made visible; returns @err. */
ax_err_t axconf_fail(struct axconf_diag *diag, ax_err_t err, const char *fmt, ...) AX_PRINTF(3, 4);
