# Changes on real gateways on loopback, with the recording data plane: previews, resets, going back.

if(TARGET ikeeperd AND NODE)
	foreach(case impact staged canary secrets confirm killed rotate exceptions stories simulate pasted backup)
		add_test(NAME changes.${case} COMMAND ${NODE} ${PROJECT_SOURCE_DIR}/tests/changes/run.mjs
			 --ikeeperd $<TARGET_FILE:ikeeperd> --case ${case} --rounds 25)
		set_tests_properties(changes.${case} PROPERTIES LABELS changes TIMEOUT 300)
	endforeach()
endif()
