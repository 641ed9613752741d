/* report.h - what a change or a reset does to living SAs, as JSON text */
#pragma once

#include "api/request.h"

void report_faults(struct text *t, const struct faults *l); /* [...] */
/* {"ike_sas": [...], "child_sas": [...], "unaffected_ike_sas": n} */
void report_impact(struct text *t, const struct outcome *o);
/* {"ike_sas": n, "child_sas": n, "notices": n, "warning": ..., "results": [...]} */
void report_reset(struct text *t, const struct reset_report *r);
/* [{"member", "from", "to", "impact"}, ...] between two records; no `from`: between the presets and
 * `to`; no `to`: none. Secrets only say that they are set. */
void report_members(struct text *t, enum kind k, const struct record *from,
		    const struct record *to);
