/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnoses are log lines, so nothing in them may be a control character. */
#include "internal.h"
#include <axport/log.h>

ax_err_t axconf_fail(struct axconf_diag *diag, ax_err_t err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ax_vformat(diag->text, sizeof(diag->text), fmt, args);
	va_end(args);
	for (char *c = diag->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~') {
			*c = '?';
		}
	}
	return err;
}
