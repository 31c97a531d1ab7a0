/* SPDX-License-Identifier: Apache-2.0 */
/* A window of guest memory between two guards, and a load driven to its end. */
#pragma once
#include <axtest/axtest.h>
#include <axloader/loader.h>
#include "fixtures.h"

#define RIG_BASE   UINT64_C(0x80000000) /* of the window */
#define RIG_WINDOW ((size_t)96 << 10)
#define RIG_GUARD  ((size_t)4096)
#define RIG_FILL   0xa5

struct rig {
	uint8_t bytes[RIG_GUARD + RIG_WINDOW + RIG_GUARD];
	struct axtest_gmem mem;
	struct ax_gmem gmem;
	struct axloader_window window;
	struct axloader_diag diag;
};

/* Scratch and load in progress of all tests; one at a time. */
struct axloader *rig_loader(void);

/* Everything is RIG_FILL; gmem covers the guards too, so that a stray write shows in them. */
void rig_reset(struct rig *r);

/* The window's bytes. */
uint8_t *rig_window(struct rig *r);

/* Begin and step by @budget until the end. */
ax_err_t rig_load(struct rig *r, const struct axloader_image *image, uint64_t at, size_t budget);

void assert_guards(const struct rig *r);
void assert_filled(const uint8_t *p, size_t n, uint8_t value);
/* The diagnostic has @text in it. */
void assert_diag(const struct axloader_diag *diag, const char *text);
