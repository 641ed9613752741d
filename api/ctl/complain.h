/* complain.h - saying what went wrong, on standard error */
#pragma once

#include "api/ctl/ctl.h"

/* Our own fault, with its hint. Returns code. */
enum code complain_fault(const struct ctl *c, enum code code, const struct fault *f);
/* Wrong words on the command line. Returns CODE_USAGE. */
enum code complain_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The daemon's problem+json: detail, then every fault with rule and hint; with --json the
 * problem itself on standard output. Returns what its status means. */
enum code complain_answer(struct ctl *c, const struct answer *a);
/* A list of faults or warnings, one line each and one a hint. */
void complain_list(struct text *t, const json_t *list, const char *word);
