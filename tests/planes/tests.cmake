# tests.cmake - data planes in network namespaces; without root or TUN they say so and skip

if(TARGET ipsec AND TARGET crypto AND TARGET model)
	add_executable(planepair ${PROJECT_SOURCE_DIR}/tests/planes/planepair.c)
	target_include_directories(planepair PRIVATE ${PROJECT_SOURCE_DIR})
	target_link_libraries(planepair PRIVATE ipsec crypto net model base)
	add_test(NAME planes.userspace_pair
		 COMMAND ${PROJECT_SOURCE_DIR}/tests/planes/userspace_pair)
	set_tests_properties(planes.userspace_pair PROPERTIES
		ENVIRONMENT "DRIVER=$<TARGET_FILE:planepair>"
		SKIP_RETURN_CODE 77 LABELS planes TIMEOUT 300)
endif()
