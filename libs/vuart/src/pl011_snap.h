/* SPDX-License-Identifier: Apache-2.0 */
/* PL011 state as snapshot bytes and back; neither touches a device. */
#pragma once
#include <vuart/pl011.h>

/* AX_ENOSPC: @cap is less than VUART_PL011_SNAP_SIZE. */
AX_NODISCARD ax_err_t vuart_pl011_pack(const struct vuart_pl011_state *s, void *buf, size_t cap,
				       size_t *len);
/* Errors of load in struct ax_dev_ops; @s is written only on AX_OK. */
AX_NODISCARD ax_err_t vuart_pl011_unpack(struct vuart_pl011_state *s, const void *buf, size_t len);
