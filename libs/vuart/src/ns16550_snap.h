/* SPDX-License-Identifier: Apache-2.0 */
/* NS16550A state as snapshot bytes and back; neither touches a device. */
#pragma once
#include <vuart/ns16550.h>

/* AX_ENOSPC: @cap is less than VUART_NS16550_SNAP_SIZE. */
AX_NODISCARD ax_err_t vuart_ns16550_pack(const struct vuart_ns16550_state *s, void *buf, size_t cap,
					 size_t *len);
/* Errors of load in struct ax_dev_ops; @s is written only on AX_OK. */
AX_NODISCARD ax_err_t vuart_ns16550_unpack(struct vuart_ns16550_state *s, const void *buf,
					   size_t len);
