# tests.cmake - the decoder on recorded handshakes, on our own duets, on strangers' captures

if(NOT TARGET daemon OR NOT TARGET ike_v1)
	return()
endif()

file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.c)
foreach(s ${tests})
	get_filename_component(n ${s} NAME_WE)
	string(REPLACE "test_" "" short ${n})
	add_executable(decode_${short} ${s})
	target_compile_definitions(decode_${short} PRIVATE SOURCE_DIR="${PROJECT_SOURCE_DIR}")
	target_compile_options(decode_${short} PRIVATE -Wall -Wextra -Wshadow)
	# Private values are drawn by OpenSSL: the linker puts a double in its place, so that a
	# test knows them.
	if(short STREQUAL keys)
		target_link_options(decode_${short} PRIVATE -Wl,--wrap=dh_generate)
	endif()
	target_link_libraries(decode_${short} PRIVATE daemon duet PkgConfig::CMOCKA
			      PkgConfig::JANSSON)
	add_test(NAME decode.${short} COMMAND decode_${short})
	set_tests_properties(decode.${short} PROPERTIES LABELS decode TIMEOUT 600)
endforeach()
