/* steps1.c - register: every arrow of IKEv1
 *
 * from, role, event, payloads that must come, payloads that may come (vendor ids are always
 * welcome), handler, to, story. The story is what the trace, the log, the API and the tests
 * print when the arrow was taken.
 *
 * Called by v1.c through exchange_run. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/steps1.h"

#include "core/wire/payload.h"

#define INIT ROLE_INITIATOR
#define RESP ROLE_RESPONDER

/* clang-format off */
const struct step main_steps[] = {
/*	  from          role  on         must              may                                  act                 to            story */
	{ MM_START,     INIT, EV_START,  0,                0,                                   mm_propose,         MM_SA_SENT,   "sent our proposal" },
	{ MM_SA_SENT,   INIT, EV_MSG,    P(SA),            0,                                   mm_take_sa,         MM_KEY_WAIT,  "the peer chose a proposal" },
	{ MM_KEY_WAIT,  INIT, EV_KEY,    0,                0,                                   mm_send_ke,         MM_KE_SENT,   "sent our key exchange" },
	{ MM_KE_SENT,   INIT, EV_MSG,    P(KE) | P(NONCE), P(NATD) | P(NATD_D) | P(CR),         mm_ask_secret,      MM_CRUNCHING, "computing the shared secret" },
	{ MM_CRUNCHING, INIT, EV_SECRET, 0,                0,                                   mm_prove,           MM_ID_SENT,   "proved who we are" },
	{ MM_ID_SENT,   INIT, EV_MSG,    P(ID) | P(HASH),  P(NTFY),                             mm_check_responder, MM_UP,        "authenticated the peer" },

	{ MM_START,     RESP, EV_MSG,    P(SA),            P(NTFY),                             first1_answer,      MM_SA_SENT,   "answered the proposal" },
	{ MM_SA_SENT,   RESP, EV_MSG,    P(KE) | P(NONCE), P(NATD) | P(NATD_D) | P(CR),         mm_take_ke,         MM_KEY_WAIT,  "took the peer's key exchange" },
	{ MM_KEY_WAIT,  RESP, EV_KEY,    0,                0,                                   mm_answer_ke,       MM_CRUNCHING, "sent our key exchange, computing the shared secret" },
	{ MM_CRUNCHING, RESP, EV_SECRET, 0,                0,                                   mm_derive,          MM_KE_SENT,   "waiting for the peer's proof" },
	{ MM_KE_SENT,   RESP, EV_MSG,    P(ID) | P(HASH),  P(NTFY),                             mm_check_initiator, MM_UP,        "authenticated the peer" },
	{ 0 },
};

const struct step main_sig_steps[] = {
/*	  from          role  on           must              may                           act             to            story */
	{ MM_START,     INIT, EV_START,    0,                0,                            mm_propose,     MM_SA_SENT,   "sent our proposal" },
	{ MM_SA_SENT,   INIT, EV_MSG,      P(SA),            P(CR),                        mm_take_sa,     MM_KEY_WAIT,  "the peer chose a proposal" },
	{ MM_KEY_WAIT,  INIT, EV_KEY,      0,                0,                            mm_send_ke,     MM_KE_SENT,   "sent our key exchange" },
	{ MM_KE_SENT,   INIT, EV_MSG,      P(KE) | P(NONCE), P(NATD) | P(NATD_D) | P(CR),  mm_ask_secret,  MM_CRUNCHING, "computing the shared secret" },
	{ MM_CRUNCHING, INIT, EV_SECRET,   0,                0,                            ms_sign,        MM_SIGNING,   "signing" },
	{ MM_SIGNING,   INIT, EV_SIGNED,   0,                0,                            ms_prove,       MM_ID_SENT,   "proved who we are" },
	{ MM_ID_SENT,   INIT, EV_MSG,      P(ID) | P(SIG),   P(CERT) | P(CR) | P(NTFY),    ms_take_proof,  MM_VERIFYING, "looking at the peer's certificate and signature" },
	{ MM_VERIFYING, INIT, EV_VERIFIED, 0,                0,                            ms_accept,      MM_UP,        "authenticated the peer" },

	{ MM_SA_SENT,   RESP, EV_MSG,      P(KE) | P(NONCE), P(NATD) | P(NATD_D) | P(CR),  mm_take_ke,     MM_KEY_WAIT,  "took the peer's key exchange" },
	{ MM_KEY_WAIT,  RESP, EV_KEY,      0,                0,                            mm_answer_ke,   MM_CRUNCHING, "sent our key exchange, computing the shared secret" },
	{ MM_CRUNCHING, RESP, EV_SECRET,   0,                0,                            ms_derive,      MM_KE_SENT,   "waiting for the peer's proof" },
	{ MM_KE_SENT,   RESP, EV_MSG,      P(ID) | P(SIG),   P(CERT) | P(CR) | P(NTFY),    ms_take_proof,  MM_VERIFYING, "looking at the peer's certificate and signature" },
	{ MM_VERIFYING, RESP, EV_VERIFIED, 0,                0,                            ms_sign_answer, MM_SIGNING,   "authenticated the peer, signing" },
	{ MM_SIGNING,   RESP, EV_SIGNED,   0,                0,                            ms_answer,      MM_UP,        "proved who we are" },
	{ 0 },
};

const struct step aggr_steps[] = {
/*	  from          role  on         must                                          may                         act                 to            story */
	{ AM_START,     INIT, EV_START,  0,                                            0,                          am_begin,           AM_KEY_WAIT,  "preparing our key exchange" },
	{ AM_KEY_WAIT,  INIT, EV_KEY,    0,                                            0,                          am_propose,         AM_SENT,      "sent our proposal, key exchange and identity" },
	{ AM_SENT,      INIT, EV_MSG,    P(SA) | P(KE) | P(NONCE) | P(ID) | P(HASH),   P(NATD) | P(NATD_D) | P(CR) | P(NTFY),  am_take_answer,     AM_CRUNCHING, "authenticated the peer, computing the shared secret" },
	{ AM_CRUNCHING, INIT, EV_SECRET, 0,                                            0,                          am_prove,           AM_UP,        "proved who we are" },

	{ AM_START,     RESP, EV_MSG,    P(SA) | P(KE) | P(NONCE) | P(ID),             P(CR) | P(NTFY),            am_take,            AM_KEY_WAIT,  "took the peer's proposal and key exchange" },
	{ AM_KEY_WAIT,  RESP, EV_KEY,    0,                                            0,                          am_answer,          AM_ANSWERED,  "answered and proved who we are" },
	{ AM_ANSWERED,  RESP, EV_SEALED, 0,                                            0,                          am_ask_secret,      AM_CRUNCHING, "the peer goes on, computing the shared secret" },
	{ AM_CRUNCHING, RESP, EV_SECRET, 0,                                            0,                          am_derive,          AM_PROVING,   "looking at the peer's proof" },
	{ AM_PROVING,   RESP, EV_MSG,    P(HASH),                                      P(NATD) | P(NATD_D) | P(NTFY),          am_check_initiator, AM_UP,        "authenticated the peer" },
	{ 0 },
};

const struct step aggr_sig_steps[] = {
/*	  from          role  on           must                                       may                                              act              to            story */
	{ AM_START,     INIT, EV_START,    0,                                         0,                                               am_begin,        AM_KEY_WAIT,  "preparing our key exchange" },
	{ AM_KEY_WAIT,  INIT, EV_KEY,      0,                                         0,                                               am_propose,      AM_SENT,      "sent our proposal, key exchange and identity" },
	{ AM_SENT,      INIT, EV_MSG,      P(SA) | P(KE) | P(NONCE) | P(ID) | P(SIG), P(CERT) | P(NATD) | P(NATD_D) | P(CR) | P(NTFY), as_take_answer,  AM_CRUNCHING, "the peer answered, computing the shared secret" },
	{ AM_CRUNCHING, INIT, EV_SECRET,   0,                                         0,                                               as_check_answer, AM_VERIFYING, "looking at the peer's certificate and signature" },
	{ AM_CRUNCHING, INIT, EV_DOUBTED,  0,                                         0,                                               as_wait_on,      AM_SENT,      "that may not have been the peer, waiting on" },
	{ AM_VERIFYING, INIT, EV_DOUBTED,  0,                                         0,                                               as_wait_on,      AM_SENT,      "that may not have been the peer, waiting on" },
	{ AM_VERIFYING, INIT, EV_VERIFIED, 0,                                         0,                                               as_sign,         AM_SIGNING,   "authenticated the peer, signing" },
	{ AM_SIGNING,   INIT, EV_SIGNED,   0,                                         0,                                               as_prove,        AM_UP,        "proved who we are" },

	{ AM_START,     RESP, EV_MSG,      P(SA) | P(KE) | P(NONCE) | P(ID),          P(CERT) | P(CR) | P(NTFY),                       am_take,         AM_KEY_WAIT,  "took the peer's proposal and key exchange" },
	{ AM_KEY_WAIT,  RESP, EV_KEY,      0,                                         0,                                               as_ask_secret,   AM_CRUNCHING, "computing the shared secret" },
	{ AM_CRUNCHING, RESP, EV_SECRET,   0,                                         0,                                               as_sign_answer,  AM_SIGNING,   "signing" },
	{ AM_SIGNING,   RESP, EV_SIGNED,   0,                                         0,                                               as_answer,       AM_ANSWERED,  "answered and proved who we are" },
	{ AM_ANSWERED,  RESP, EV_MSG,      P(SIG),                                    P(CERT) | P(NATD) | P(NATD_D) | P(NTFY),         as_take_proof,   AM_VERIFYING, "looking at the peer's certificate and signature" },
	{ AM_VERIFYING, RESP, EV_VERIFIED, 0,                                         0,                                               as_accept,       AM_UP,        "authenticated the peer" },
	{ 0 },
};

const struct step quick_steps[] = {
/*	  from          role  on         must                         may                                     act             to            story */
	{ QM_START,     INIT, EV_START,  0,                           0,                                      qm_begin,       QM_KEY_WAIT,  "preparing the IPsec SA" },
	{ QM_KEY_WAIT,  INIT, EV_KEY,    0,                           0,                                      qm_propose,     QM_SENT,      "sent our proposal for the IPsec SA" },
	{ QM_SENT,      INIT, EV_MSG,    P(HASH) | P(SA) | P(NONCE),  P(KE) | P(ID) | P(NTFY) | P(NATOA) | P(NATOA_D), qm_take_answer, QM_CRUNCHING, "the peer accepted" },
	{ QM_CRUNCHING, INIT, EV_SECRET, 0,                           0,                                      qm_install,     QM_UP,        "installed the IPsec SAs and confirmed" },

	{ QM_START,     RESP, EV_MSG,    P(HASH) | P(SA) | P(NONCE),  P(KE) | P(ID) | P(NTFY) | P(NATOA) | P(NATOA_D), qm_match,       QM_KEY_WAIT,  "the proposal fits" },
	{ QM_KEY_WAIT,  RESP, EV_KEY,    0,                           0,                                      qm_answer,      QM_CRUNCHING, "answered the proposal for the IPsec SA" },
	{ QM_CRUNCHING, RESP, EV_SECRET, 0,                           0,                                      qm_install_in,  QM_ANSWERED,  "installed the inbound SA, waiting for the confirmation" },
	{ QM_ANSWERED,  RESP, EV_MSG,    P(HASH),                     P(NTFY),                                qm_confirm,     QM_UP,        "the peer confirmed" },
	{ QM_ANSWERED,  RESP, EV_PROOF,  0,                           0,                                      qm_confirm,     QM_UP,        "the peer's traffic confirms" },
	{ 0 },
};
/* clang-format on */
