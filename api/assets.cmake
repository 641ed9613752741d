# assets.cmake - bakes webui/ into the api room
#
# Each file goes in as it is and as gzip makes it, by .incbin, and gets a row in a table. No
# node, no bundler: whoever has cmake and gcc has the web UI.

find_program(GZIP gzip REQUIRED)
file(GLOB WEBUI CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/webui/*.html
     ${PROJECT_SOURCE_DIR}/webui/*.js ${PROJECT_SOURCE_DIR}/webui/*.css
     ${PROJECT_SOURCE_DIR}/webui/*.svg ${PROJECT_SOURCE_DIR}/webui/*.json)

set(out ${PROJECT_BINARY_DIR}/webui)
file(MAKE_DIRECTORY ${out})
set(symbols "")
set(rows "")
set(packed "")
set(i 0)
foreach(f ${WEBUI})
	get_filename_component(name ${f} NAME)
	add_custom_command(OUTPUT ${out}/${name}.gz
		COMMAND ${GZIP} -9nc ${f} > ${out}/${name}.gz DEPENDS ${f} VERBATIM)
	list(APPEND packed ${out}/${name}.gz)
	string(APPEND symbols "BAKED(${i}, \"${f}\", \"${out}/${name}.gz\")\n")
	string(APPEND rows "\tROW(${i}, \"${name}\")\n")
	math(EXPR i "${i} + 1")
endforeach()

file(CONFIGURE OUTPUT ${out}/assets_baked.c @ONLY CONTENT [[
/* Made by api/assets.cmake. */
#include "api/assets.h"

#define BAKED(i, plain, gz)                                                          \
	__asm__(".section .rodata\n"                                                 \
		".globl asset_plain_" #i ", asset_plain_end_" #i "\n"                \
		".globl asset_packed_" #i ", asset_packed_end_" #i "\n"              \
		".hidden asset_plain_" #i ", asset_plain_end_" #i "\n"               \
		".hidden asset_packed_" #i ", asset_packed_end_" #i "\n"             \
		"asset_plain_" #i ": .incbin \"" plain "\"\nasset_plain_end_" #i ":\n"  \
		".byte 0\n"                                                          \
		"asset_packed_" #i ": .incbin \"" gz "\"\nasset_packed_end_" #i ":\n"   \
		".byte 0\n.previous\n");                                             \
	extern const uint8_t asset_plain_##i[], asset_plain_end_##i[];               \
	extern const uint8_t asset_packed_##i[], asset_packed_end_##i[];
#define ROW(i, name)                                                                 \
	{ name, asset_plain_##i, asset_plain_end_##i, asset_packed_##i, asset_packed_end_##i },

@symbols@
const struct asset assets_baked[] = {
@rows@	{ NULL, NULL, NULL, NULL, NULL },
};
]])
set_source_files_properties(${out}/assets_baked.c PROPERTIES
			    OBJECT_DEPENDS "${WEBUI};${packed}")
if(TARGET api)
	target_sources(api PRIVATE ${out}/assets_baked.c)
endif()
