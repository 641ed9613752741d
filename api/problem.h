/* problem.h - faults as RFC 9457 problem+json */
#pragma once

#include "api/request.h"

/* type, title, status, detail, instance, request_id; errors[] and warnings[] when there are
 * any. `r`, errors and warnings may be NULL. */
json_t *problem_of(const struct request *r, enum reason reason, const struct faults *errors,
		   const struct faults *warnings);
/* [{"pointer", "rule", "message", "hint"}, ...] */
json_t *problem_list(const struct faults *l);
/* A string that is valid UTF-8 whatever the fault's text was cut to. */
json_t *problem_text(const char *s);
/* GET /problems/{reason}: what a problem's type means, as text. False: there is no such reason. */
bool problem_page(const char *slug, struct text *t);
/* Answer with a problem that got further members. */
void problem_send(struct request *r, enum reason reason, json_t *take_problem);
