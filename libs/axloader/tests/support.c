/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include <string.h>

struct axloader *rig_loader(void)
{
	static uint64_t storage[AXLOADER_STORAGE_BYTES / sizeof(uint64_t)];

	return (struct axloader *)(void *)storage;
}

void rig_reset(struct rig *r)
{
	memset(r->bytes, RIG_FILL, sizeof(r->bytes));
	memset(&r->diag, 0, sizeof(r->diag));
	r->mem = (struct axtest_gmem){
		.base = RIG_BASE - RIG_GUARD,
		.bytes = r->bytes,
		.size = sizeof(r->bytes),
	};
	r->gmem = axtest_gmem(&r->mem);
	r->window = (struct axloader_window){ .base = gpa(RIG_BASE), .size = RIG_WINDOW };
}

uint8_t *rig_window(struct rig *r)
{
	return r->bytes + RIG_GUARD;
}

ax_err_t rig_load(struct rig *r, const struct axloader_image *image, uint64_t at, size_t budget)
{
	ax_err_t err = axloader_begin(rig_loader(), image, gpa(at), &r->window, &r->gmem, &r->diag);

	if (err != AX_OK) {
		return err;
	}
	do {
		err = axloader_step(rig_loader(), budget, &r->diag);
	} while (err == AX_EBUSY);
	return err;
}

void assert_guards(const struct rig *r)
{
	assert_filled(r->bytes, RIG_GUARD, RIG_FILL);
	assert_filled(r->bytes + RIG_GUARD + RIG_WINDOW, RIG_GUARD, RIG_FILL);
}

void assert_filled(const uint8_t *p, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(p[i], value);
	}
}

void assert_diag(const struct axloader_diag *diag, const char *text)
{
	if (strstr(diag->text, text) == NULL) {
		fail_msg("\"%s\" is not in \"%s\"", text, diag->text);
	}
}
