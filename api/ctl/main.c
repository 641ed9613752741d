/* main.c - `ikeeper`: everything is behind ctl_main, so that tests can link the rest */
#include "api/ctl/ctl.h"

int main(int argc, char **argv)
{
	return (int)ctl_main(argc, argv);
}
