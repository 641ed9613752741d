# tests.cmake - the benches are for people; here they only must run at toy size

if(TARGET ipsec AND TARGET model)
	add_executable(espload ${PROJECT_SOURCE_DIR}/tests/bench/espload.c)
	add_executable(sums ${PROJECT_SOURCE_DIR}/tests/bench/sums.c)
	target_link_libraries(sums PRIVATE PkgConfig::CRYPTO)
	add_executable(flooder ${PROJECT_SOURCE_DIR}/tests/bench/flooder.c)
	add_test(NAME bench.toy COMMAND ${PROJECT_SOURCE_DIR}/tests/bench/toy ${PROJECT_BINARY_DIR})
	set_tests_properties(bench.toy PROPERTIES LABELS bench TIMEOUT 240 SKIP_RETURN_CODE 77)
endif()
