# The command line, run as a program: against a puppet that answers whatever a test wants, and
# against the real doors with doubles behind them (apid, of tests/api).

if(TARGET ikeeper)
	find_program(NODE NAMES node nodejs)
	set(ctl_apid "")
	if(TARGET apid)
		set(ctl_apid --apid $<TARGET_FILE:apid>)
	endif()
	foreach(suite usage codes tables explain hostile follow foreign doors)
		if(NODE)
			add_test(NAME ctl.${suite} COMMAND ${NODE}
				 ${PROJECT_SOURCE_DIR}/tests/ctl/run.mjs --suite ${suite}
				 --ikeeper $<TARGET_FILE:ikeeper> ${ctl_apid})
		else()
			add_test(NAME ctl.${suite} COMMAND ${CMAKE_COMMAND} -E echo
				 "SKIPPED: the runner needs node 18 or newer")
			set_tests_properties(ctl.${suite} PROPERTIES
					     SKIP_REGULAR_EXPRESSION "SKIPPED")
		endif()
		set_tests_properties(ctl.${suite} PROPERTIES LABELS ctl TIMEOUT 120
				     SKIP_RETURN_CODE 77)
	endforeach()
	# The manual pages and the completion: this one is never skipped.
	set(ctl_daemon "")
	if(TARGET ikeeperd)
		set(ctl_daemon $<TARGET_FILE:ikeeperd>)
	endif()
	add_test(NAME ctl.manpages COMMAND ${PROJECT_SOURCE_DIR}/tests/ctl/manpages
		 ${PROJECT_SOURCE_DIR} $<TARGET_FILE:ikeeper> ${ctl_daemon})
	set_tests_properties(ctl.manpages PROPERTIES LABELS ctl TIMEOUT 60)
endif()
