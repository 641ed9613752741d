/* sign1.h - signatures in phase 1; this room only */
#pragma once

#include <stdbool.h>

struct build; /* build1.h */
struct ike_sa;
struct peer; /* core/model/peer.h */

bool sign1_wanted(const struct peer *p); /* rather than a pre-shared key */
/* CERTREQ payloads, when this peer is to show a certificate. */
void sign1_put_requests(struct build *b, const struct ike_sa *sa);
