/* selector.h - one traffic selector: addresses, and maybe a protocol and a port */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"

enum { SELECTOR_TEXT = 96 }; /* the longest canonical text and its end */

/* Parsed from its text. Value. */
struct selector {
	struct range range;
	uint8_t protocol; /* 0 any */
	uint16_t port; /* 0 any */
};

/* "10.1.0.0/24", "10.1.0.1-10.1.0.9", "10.1.0.1[tcp/80]", "0.0.0.0/0[udp]", "::/0[89]" */
bool selector_read(const char *text, struct selector *ret);
char *selector_text(const struct selector *s, char *ret, size_t cap); /* canonical */
bool selector_equal(const struct selector *a, const struct selector *b);
bool selector_has(const struct selector *outer, const struct selector *inner);
