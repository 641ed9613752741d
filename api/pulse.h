/* pulse.h - what the answers of system.c need to have heard */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/own.h"

struct server;
struct pulse;

struct pulse *pulse_new(struct server *s); /* listens to the events; loop thread */
void pulse_stop(struct pulse *p); /* loop thread */
void pulse_free(struct pulse *p);
OWNABLE(pulse)
/* Any thread. */
uint64_t pulse_failed_last_hour(struct pulse *p);
void pulse_snmp(struct pulse *p, char *ret, size_t cap); /* "" not heard yet */
