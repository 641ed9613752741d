/* agent.h - the life of the agent process */
#pragma once

/* Serves until the daemon says STOP or closes the pair. Returns the exit status. */
int agent_run(int pair_fd);
