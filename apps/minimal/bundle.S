/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle with the guest's image, as axbundle.py wrote it; MINIMAL_BUNDLE is its file. */
	.section .rodata.bundle, "a"
	.balign 64
	.global minimal_bundle
	.global minimal_bundle_size
minimal_bundle:
	.incbin MINIMAL_BUNDLE
minimal_bundle_end:
	.balign 8
minimal_bundle_size:
	.quad minimal_bundle_end - minimal_bundle
