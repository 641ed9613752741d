/* ctl.h - one run of the command: what was asked, whom to ask, where to print */
#pragma once

#include "api/ctl/client.h"
#include "api/ctl/paper.h"
#include "api/ctl/wants.h"

struct ctl {
	struct wants want;
	struct client *client;
	struct paper paper;
};

enum code ctl_main(int argc, char **argv);
