/* SPDX-License-Identifier: Apache-2.0 */
/* Between the demo and the port that starts it. */
#pragma once

/** 0 if the libraries did what their headers say. */
int demo(void);
