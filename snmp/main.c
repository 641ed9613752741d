/* main.c - the door of ikeeper-snmp, the SNMP agent of ikeeperd
 *
 * The daemon's spawner starts it with its end of a pair as descriptor 3; nobody else has a use
 * for it.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/model/pair.h"
#include "snmp/agent.h"

int main(void)
{
	struct stat s;

	if (fstat(PAIR_AGENT_FD, &s) < 0 || !S_ISSOCK(s.st_mode)) {
		fputs("ikeeper-snmp is started by ikeeperd, which tells it what to do\n", stderr);
		return 2;
	}
	/* Past the exit handlers: the library brings a Perl and others with it that only cost. */
	_exit(agent_run(PAIR_AGENT_FD));
}
