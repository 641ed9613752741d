/* fakecontrol.h - the gateway's double for the services: changes are real, SAs are made up */
#pragma once

#include "core/base/crew.h"
#include "core/model/control.h"

struct fakecontrol;

struct fakecontrol *fakecontrol_new(struct repo *repo, struct crew *crew);
void fakecontrol_free(struct fakecontrol *c);
struct control *fakecontrol_control(struct fakecontrol *c);
/* Publish a picture with so many made-up IKE SAs, one child each. */
void fakecontrol_sas(struct fakecontrol *c, uint32_t n);
/* A change of a record whose name begins with "held" is not answered before this. */
void fakecontrol_release(struct fakecontrol *c);
/* Negotiations fail at once; from now on they run, until all end so. With two phases, what ends up
 * first is the IKE SA, and one of the tunnel begins. */
void fakecontrol_linger(struct fakecontrol *c, bool two_phases);
void fakecontrol_end(struct fakecontrol *c, bool up);
size_t fakecontrol_held(const struct fakecontrol *c);
