# tests.cmake - which tests exist and what each may link
#
# tests/unit/<room>/test_x.c becomes the ctest "unit.x" linked with that room.
# tests/duet/test_x.c becomes "duet.x" linked with the engine and tests/duet/duet.c.
# unit_doubles_x: functions of other rooms that test_x.c brings itself (__wrap_f for f).

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

add_library(testlib STATIC EXCLUDE_FROM_ALL)
file(GLOB TESTLIB CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/lib/*.c)
if(NOT TESTLIB)
	file(WRITE ${PROJECT_BINARY_DIR}/empty.c "typedef int nothing_yet;\n")
	set(TESTLIB ${PROJECT_BINARY_DIR}/empty.c)
endif()
target_sources(testlib PRIVATE ${TESTLIB})
target_include_directories(testlib PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(testlib PUBLIC base model)

set(unit_doubles_xfrm_kernel netlink_ask netlink_dump netlink_hear netlink_fd netlink_errno)

# Doubles that the linker puts in the place of a function: __wrap_x for x.
set(doubles_of_rsa1 EVP_PKEY_verify_recover)

function(unit_tests room)
	if(NOT TARGET ${room})
		return()
	endif()
	file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${room}/test_*.c)
	foreach(s ${sources})
		get_filename_component(n ${s} NAME_WE)
		string(REPLACE "test_" "" short ${n})
		add_executable(${n} ${s})
		target_include_directories(${n} PRIVATE ${PROJECT_SOURCE_DIR})
		target_compile_definitions(${n} PRIVATE SOURCE_DIR="${PROJECT_SOURCE_DIR}")
		target_link_libraries(${n} PRIVATE ${room} ${ARGN} PkgConfig::CMOCKA)
		foreach(x ${doubles_of_${short}})
			target_link_options(${n} PRIVATE -Wl,--wrap=${x})
		endforeach()
		foreach(f ${unit_doubles_${short}})
			target_link_options(${n} PRIVATE -Wl,--wrap=${f})
		endforeach()
		add_test(NAME unit.${short} COMMAND ${n})
		set_tests_properties(unit.${short} PROPERTIES LABELS unit TIMEOUT 120)
	endforeach()
endfunction()

unit_tests(base m)
unit_tests(model)
unit_tests(crypto PkgConfig::JANSSON)
unit_tests(wire PkgConfig::JANSSON)
unit_tests(net)
unit_tests(dialect)
unit_tests(ipsec PkgConfig::JANSSON)
unit_tests(ike)
unit_tests(store)
unit_tests(api testlib)
unit_tests(snmp)
unit_tests(daemon)

file(GLOB more CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/tests.cmake)
foreach(m ${more})
	include(${m})
endforeach()
