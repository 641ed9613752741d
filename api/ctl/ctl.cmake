# ctl.cmake - the command line: a program of its own that knows the REST API and nothing else

room(ctl FOLDER api/ctl EXCEPT api/ctl/main.c MAY_USE dialect model base PkgConfig::CURL PkgConfig::JANSSON)
add_executable(ikeeper api/ctl/main.c)
target_link_libraries(ikeeper PRIVATE ctl)
install(TARGETS ikeeper DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES api/ctl/ikeeper.bash RENAME ikeeper
	DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
