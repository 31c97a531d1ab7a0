/* SPDX-License-Identifier: Apache-2.0 */
/* The vector registers, one after the other, to and from memory; then vl, vtype, vcsr at a1. */
	.option	arch, +v
	.text
	.global	vector_put
vector_put:			/* a0: registers, a1: { vl, vtype, vcsr }, a2: bytes of 8 registers */
	vl8re8.v v0, (a0)
	add	a0, a0, a2
	vl8re8.v v8, (a0)
	add	a0, a0, a2
	vl8re8.v v16, (a0)
	add	a0, a0, a2
	vl8re8.v v24, (a0)
	ld	t0, 0(a1)
	ld	t1, 8(a1)
	vsetvl	zero, t0, t1
	ld	t0, 16(a1)
	csrw	0x00f, t0
	ret

	.global	vector_get
vector_get:
	csrr	t0, 0xc20
	sd	t0, 0(a1)
	csrr	t0, 0xc21
	sd	t0, 8(a1)
	csrr	t0, 0x00f
	sd	t0, 16(a1)
	vs8r.v	v0, (a0)
	add	a0, a0, a2
	vs8r.v	v8, (a0)
	add	a0, a0, a2
	vs8r.v	v16, (a0)
	add	a0, a0, a2
	vs8r.v	v24, (a0)
	ret
