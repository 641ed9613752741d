/* fuzz.h - what all fuzz targets share: taking numbers off the front of an input */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold; a broken promise is a crash to the fuzzer. */
#define MUST(x)                  \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)
