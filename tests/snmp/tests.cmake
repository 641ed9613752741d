# The agent on loopback, polled by the packaged tools, with agentd.c in the daemon's place

if(TARGET ikeeper-snmp)
	add_executable(agentd tests/snmp/agentd.c core/daemon/agentlink.c core/daemon/spawner.c)
	target_include_directories(agentd PRIVATE ${PROJECT_SOURCE_DIR})
	target_link_libraries(agentd PRIVATE testlib snmp model base)
	file(GLOB cases CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/snmp/cases/*)
	foreach(c ${cases})
		get_filename_component(n ${c} NAME)
		add_test(NAME snmp.${n} COMMAND ${PROJECT_SOURCE_DIR}/tests/snmp/run ${n}
			 ${PROJECT_BINARY_DIR}/snmp/${n})
		set_tests_properties(snmp.${n} PROPERTIES LABELS snmp TIMEOUT 240
				     SKIP_RETURN_CODE 77
				     ENVIRONMENT "AGENT=$<TARGET_FILE:ikeeper-snmp>;AGENTD=$<TARGET_FILE:agentd>;IKEEPERD=$<$<TARGET_EXISTS:ikeeperd>:$<TARGET_FILE:ikeeperd>>")
	endforeach()
endif()
