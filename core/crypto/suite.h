/* suite.h - everything OpenSSL has to give, fetched once
 *
 * crypto_open fetches every algorithm of alg.def at start; rooms below ask for them by enum.
 * Fetched objects are shared by all threads and never change; contexts are per thread.
 * Single DES is 3DES with K,K,K, so no legacy provider is needed.
 */
#pragma once

#include "core/base/fault.h"
#include "core/model/alg.h"

enum reason crypto_open(struct fault *f); /* once, before any other call; again is fine */
void crypto_close(void); /* after the last thread left */
