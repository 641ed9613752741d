/* keypool.h - key pairs made beforehand, and the list of jobs that are away
 *
 * While nothing is under way the crew fills a small pool of key pairs for the groups in use, each
 * pair for one exchange, so that a first answer costs no sum.
 */
#pragma once

#include "core/model/alg.h"

struct away; /* away.h */
struct dh_key;
struct engine;
struct keypool;

struct keypool *keypool_new(void);
void keypool_free(struct keypool *k); /* jobs that are away come back to nobody */
void keypool_send(struct engine *e, struct away *a); /* on the list; off it with list_remove */
struct dh_key *keypool_take(struct engine *e, enum group g); /* NULL: none left */
void keypool_refill(struct engine *e); /* at the end of a tick: groups in use, when nothing waits */
