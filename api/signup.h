/* signup.h - names and passwords in a body, and what they have to be like */
#pragma once

#include <jansson.h>

#include "api/lane.h"
#include "api/request.h"

enum { PASSWORD_LEAST = 10 };

/* {"<name>", "password"} and, unless NULL, one more string `also` out of the body, into a fresh
 * hashing with r set; anything else in the body is refused. The body's password is wiped. */
struct hashing *signup_take(struct request *r, const char *name, const char *also, struct fault *f);
/* Name and password of a user to be made; NULL is not looked at. */
void signup_rules(const char *name, const char *password, struct faults *errors);
/* Copies the string into the hashing and wipes it in the body. */
enum reason signup_move(json_t *string, struct hashing *h, struct fault *f);
