# The contract of /api/v1, tried over TLS and the Unix socket by a runner on node (no packages)
# against a small daemon with doubles behind the doors; and a linter's look at the document.

if(TARGET api)
	add_executable(apid tests/api/apid.c)
	target_include_directories(apid PRIVATE ${PROJECT_SOURCE_DIR})
	target_link_libraries(apid PRIVATE testlib api crypto)
	find_program(NODE NAMES node nodejs)
	# ninja openapi_copy: write api/openapi.json anew after a change of the contract.
	add_custom_target(openapi_copy DEPENDS apid COMMAND ${NODE}
			  ${PROJECT_SOURCE_DIR}/tests/api/run.mjs --apid $<TARGET_FILE:apid>
			  --suite document --write ${PROJECT_SOURCE_DIR}/api/openapi.json)
	foreach(suite hostile roles access scope record document resources rotate exceptions changes bulk imports operations bodies json strings stream slow stop pages probes webhooks provider lint)
		if(NODE AND suite STREQUAL "lint")
			add_test(NAME api.lint COMMAND ${NODE} ${PROJECT_SOURCE_DIR}/tests/api/lint.mjs
				 ${PROJECT_BINARY_DIR}/redocly)
		elseif(NODE)
			add_test(NAME api.${suite} COMMAND ${NODE}
				 ${PROJECT_SOURCE_DIR}/tests/api/run.mjs --apid $<TARGET_FILE:apid>
				 --suite ${suite})
		else()
			add_test(NAME api.${suite} COMMAND ${CMAKE_COMMAND} -E echo
				 "SKIPPED: the contract runner needs node 18 or newer")
			set_tests_properties(api.${suite} PROPERTIES
					     SKIP_REGULAR_EXPRESSION "SKIPPED")
		endif()
		set_tests_properties(api.${suite} PROPERTIES LABELS api TIMEOUT 180
				     SKIP_RETURN_CODE 77)
	endforeach()
endif()
