# netecho_pytest(FILE...): a ctest entry a pytest file, run against the netecho just built.
# Debian's own Python has pytest and jsonschema; another one earlier in PATH may not.
find_program(NETECHO_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

function(netecho_pytest)
  foreach(file IN LISTS ARGN)
    get_filename_component(stem ${file} NAME_WE)
    get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    set(name ${folder}/${stem})
    add_test(NAME ${name} COMMAND ${NETECHO_PYTHON} -m pytest -q -rs -p no:cacheprovider
                                  ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    set(environment NETECHO_BIN=$<TARGET_FILE:netecho> NETECHO_SANITIZE=${NETECHO_SANITIZE}
                    NETECHO_COVERAGE=${NETECHO_COVERAGE}
                    NETECHO_STEPPED_CLOCK=$<TARGET_FILE:netecho_stepped_clock>
                    NETECHO_PARTIAL_IO=$<TARGET_FILE:netecho_partial_io>
                    NETECHO_FAILING_MEMORY=$<TARGET_FILE:netecho_failing_memory>
                    PYTHONDONTWRITEBYTECODE=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT "${environment}")
  endforeach()
endfunction()
