/* costume.h - certificates for the ends of a play that prove themselves by RSA signatures */
#pragma once

#include "core/base/fault.h"

struct play; /* play.h */
struct simulation; /* core/model/simulation.h */

/* Each end that signs gets a key and a certificate made on the spot, and the other end trusts who signed it;
 * a note says so. Configurations of the play are replaced. Other than R_OK: f says why it cannot be. */
enum reason costume_dress(struct play *p, struct simulation *ret, struct fault *f);
