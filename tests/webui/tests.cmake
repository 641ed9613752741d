# The pages in a real browser: over doubles, and over a real gateway with a strongSwan as peer.
# run skips with 77 and the reason when node, npm, chromium or namespaces are missing.
set(suites "")
if(TARGET apid)
	list(APPEND suites pages apid)
endif()
if(TARGET ikeeperd)
	list(APPEND suites gateway ikeeperd)
endif()
while(suites)
	list(POP_FRONT suites suite program)
	add_test(NAME browser.${suite} COMMAND ${PROJECT_SOURCE_DIR}/tests/webui/run ${suite}
		 $<TARGET_FILE:${program}> ${PROJECT_BINARY_DIR}/browser/${suite})
	set_tests_properties(browser.${suite} PROPERTIES LABELS browser TIMEOUT 600
			     SKIP_RETURN_CODE 77 RESOURCE_LOCK browser)
endwhile()
