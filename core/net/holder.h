/* holder.h - who holds a port, for the sentence of a failed bind */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* "charon (process 1234)", or what is known; never empty. Returns ret. */
char *holder_of_udp(uint16_t port, char *ret, size_t cap);
