/* ipsecconf.h - ipsec.conf of strongSwan and Libreswan */
#pragma once

#include "core/dialect/sketch.h"

void ipsecconf_read(struct slice text, struct sketch *ret);
void ipsecconf_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
