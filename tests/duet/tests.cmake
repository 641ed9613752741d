# tests.cmake - duets: two engines in one process
#
# tests/duet/test_x.c becomes the ctest "duet.x". The harness itself is a library, since the fuzzers
# play too.

if(NOT TARGET ike_v1)
	return()
endif()

file(GLOB duet CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
list(FILTER duet EXCLUDE REGEX "/test_[^/]*$")
add_library(duet STATIC EXCLUDE_FROM_ALL ${duet})
target_include_directories(duet PUBLIC ${PROJECT_SOURCE_DIR})
target_compile_options(duet PRIVATE -Wall -Wextra -Wshadow)
target_link_libraries(duet PUBLIC ike_v1 ike ipsec crypto wire net model base)

# Doubles that the linker puts in the place of a function: __wrap_x for x.
set(doubles_natoa transport1_put)
set(doubles_rows writer_chain)
set(doubles_ivs crypt1_seal)
set(doubles_volans crypt1_seal)
set(doubles_zeros dh_generate dh_shared)
set(doubles_transcript dh_generate rng_bytes sa1_write)

file(GLOB plays CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.c)
foreach(s ${plays})
	get_filename_component(n ${s} NAME_WE)
	string(REPLACE "test_" "" short ${n})
	add_executable(duet_${short} ${s})
	target_compile_definitions(duet_${short} PRIVATE SOURCE_DIR="${PROJECT_SOURCE_DIR}")
	target_compile_options(duet_${short} PRIVATE -Wall -Wextra -Wshadow)
	target_link_libraries(duet_${short} PRIVATE duet PkgConfig::CMOCKA)
	foreach(x ${doubles_${short}})
		target_link_options(duet_${short} PRIVATE -Wl,--wrap=${x})
	endforeach()
	add_test(NAME duet.${short} COMMAND duet_${short})
	set_tests_properties(duet.${short} PROPERTIES LABELS duet TIMEOUT 900)
endforeach()
