# tests.cmake - each file of cases/ is the ctest "interop.NAME"
if(TARGET ikeeperd)
	file(GLOB cases CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/interop/cases/*)
	foreach(c ${cases})
		get_filename_component(n ${c} NAME)
		add_test(NAME interop.${n} COMMAND ${PROJECT_SOURCE_DIR}/tests/interop/run ${n}
			 $<TARGET_FILE:ikeeperd> ${PROJECT_BINARY_DIR}/interop/${n})
		set_tests_properties(interop.${n} PROPERTIES LABELS interop TIMEOUT 300
				     SKIP_RETURN_CODE 77)
	endforeach()
endif()
