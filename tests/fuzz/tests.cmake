# tests.cmake - fuzz targets
#
# In the fuzz flavour (cmake -C .ci/fuzz.cmake) each fuzz_x.c becomes the program fuzz_x, and the
# rooms are compiled with coverage. In any other flavour ctest gets "fuzz.x", which calls
# tests/fuzz/run: it makes that flavour in build/fuzz and lets the target run for a while.

file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.c)

if(IKEEPER_FUZZ)
	foreach(r base alg model crypto wire net dialect ipsec ike ike_v1 daemon api duet)
		if(TARGET ${r})
			target_compile_options(${r} PRIVATE -fsanitize=fuzzer-no-link)
		endif()
	endforeach()
	foreach(s ${fuzzers})
		get_filename_component(n ${s} NAME_WE)
		add_executable(${n} EXCLUDE_FROM_ALL ${s})
		target_compile_options(${n} PRIVATE -Wall -Wextra -Wshadow -fsanitize=fuzzer-no-link)
		target_link_options(${n} PRIVATE -fsanitize=fuzzer)
		target_link_libraries(${n} PRIVATE duet dialect daemon ike_v1 ike ipsec crypto wire net model base)
		list(APPEND programs ${n})
	endforeach()
	target_link_libraries(fuzz_json PRIVATE api)
	add_custom_target(fuzzers DEPENDS ${programs})
	return()
endif()

set(run ${CMAKE_CURRENT_LIST_DIR}/run)
add_test(NAME fuzz.build COMMAND ${run} --build)
set_tests_properties(fuzz.build PROPERTIES LABELS fuzz TIMEOUT 900 SKIP_RETURN_CODE 77
		     FIXTURES_SETUP fuzzers)
foreach(s ${fuzzers})
	get_filename_component(n ${s} NAME_WE)
	string(REPLACE "fuzz_" "" short ${n})
	add_test(NAME fuzz.${short} COMMAND ${run} ${short})
	set_tests_properties(fuzz.${short} PROPERTIES LABELS fuzz TIMEOUT 300 SKIP_RETURN_CODE 77
			     FIXTURES_REQUIRED fuzzers)
endforeach()
