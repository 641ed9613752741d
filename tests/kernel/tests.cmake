# tests.cmake - the kernel's plane, in a guest kernel that has ESP
#
# ASan cannot run in the guest (it wants 512 GiB of addresses), so where this tree is built with
# it the programs are built once more under UBSan alone, by the test kernel.build.

if(TARGET ipsec AND TARGET crypto AND TARGET model)
	add_executable(xfrmpair ${PROJECT_SOURCE_DIR}/tests/kernel/xfrmpair.c)
	target_include_directories(xfrmpair PRIVATE ${PROJECT_SOURCE_DIR})
	target_link_libraries(xfrmpair PRIVATE ipsec crypto net model base PkgConfig::CMOCKA)
	if(IKEEPER_SANITIZE MATCHES "address|thread")
		set(guest ${PROJECT_BINARY_DIR}/guest)
	else()
		set(guest ${PROJECT_BINARY_DIR})
	endif()
	add_test(NAME kernel.build COMMAND ${PROJECT_SOURCE_DIR}/tests/kernel/build
		 ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${guest})
	set_tests_properties(kernel.build PROPERTIES FIXTURES_SETUP guest LABELS guest TIMEOUT 900
			     SKIP_RETURN_CODE 77)
	foreach(t plane pair tunnel manual_keys nat nat_rebind)
		add_test(NAME kernel.${t} COMMAND ${PROJECT_SOURCE_DIR}/tests/kernel/run ${t}
			 ${guest} ${PROJECT_BINARY_DIR}/kernel/${t})
		set_tests_properties(kernel.${t} PROPERTIES FIXTURES_REQUIRED guest LABELS guest
				     TIMEOUT 400 SKIP_RETURN_CODE 77)
	endforeach()
endif()
