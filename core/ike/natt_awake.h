/* natt_awake.h - keeping a NAT's mapping awake (RFC 3948 section 4) */
#pragma once

struct engine;
struct ike_sa;

/* The SA is up, was replaced, or the configuration is another: its timer as it must be now. */
void natt_awake_arm(struct ike_sa *sa);
void natt_awake_arm_all(struct engine *e);
void natt_awake_stop(struct ike_sa *sa);
