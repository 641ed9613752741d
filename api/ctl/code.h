/* code.h - exit codes of the command line; scripts rely on them */
#pragma once

enum code {
	CODE_OK = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_VALIDATION = 3,
	CODE_NOT_FOUND = 4,
	CODE_CONFLICT = 5,
	CODE_TIMEOUT = 6,
	CODE_UNREACHABLE = 7,
};
