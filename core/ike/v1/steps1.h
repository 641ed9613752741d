/* steps1.h - register: every arrow of IKEv1
 *
 * The tables are the state diagrams of main and aggressive mode (RFC 2409 section 5.4) and quick mode
 * (5.5), both ends. Handlers are in first1.c, main1.c, sign1.c, aggr1.c, asig1.c and quick1.c and never set a state
 * themselves.
 */
#pragma once

#include "core/ike/exchange.h"

enum main_state {
	MM_START,
	MM_SA_SENT, /* the first message, or its answer, is out */
	MM_KEY_WAIT, /* our key pair is being made */
	MM_KE_SENT,
	MM_CRUNCHING, /* the shared secret is being computed */
	MM_ID_SENT,
	MM_SIGNING, /* our signature is being made */
	MM_VERIFYING, /* the peer's certificate and signature are looked at */
	MM_UP,
	MM_COUNT
};

enum aggr_state {
	AM_START,
	AM_KEY_WAIT, /* our key pair is being made */
	AM_SENT, /* the first message is out */
	AM_ANSWERED, /* responder: waiting for the peer's proof, no secret yet */
	AM_CRUNCHING,
	AM_PROVING, /* responder: the secret is there, the proof is looked at */
	AM_SIGNING, /* our signature is being made */
	AM_VERIFYING, /* the peer's certificate and signature are looked at */
	AM_UP,
	AM_COUNT
};

enum quick_state {
	QM_START,
	QM_KEY_WAIT,
	QM_SENT,
	QM_CRUNCHING,
	QM_ANSWERED, /* responder: inbound SA in place, waiting for the third message */
	QM_UP,
	QM_COUNT
};

extern const struct step main_steps[];
extern const struct step main_sig_steps[]; /* main mode with signatures */
extern const struct step aggr_steps[];
extern const struct step aggr_sig_steps[]; /* aggressive mode with signatures */
extern const struct step quick_steps[];

step_act first1_answer;
step_act mm_propose, mm_take_sa, mm_send_ke, mm_ask_secret, mm_prove, mm_check_responder;
step_act mm_take_ke, mm_answer_ke, mm_derive, mm_check_initiator;
step_act ms_derive, ms_sign, ms_prove, ms_take_proof, ms_accept, ms_sign_answer, ms_answer;
step_act am_begin, am_propose, am_take_answer, am_prove;
step_act am_take, am_answer, am_ask_secret, am_derive, am_check_initiator;
step_act as_take_answer, as_check_answer, as_wait_on, as_sign, as_prove;
step_act as_ask_secret, as_sign_answer, as_answer, as_take_proof, as_accept;
step_act qm_begin, qm_propose, qm_take_answer, qm_install;
step_act qm_match, qm_answer, qm_install_in, qm_confirm;
