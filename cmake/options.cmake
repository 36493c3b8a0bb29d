# netecho_options: what every target of netecho is compiled and linked with.

add_library(netecho_options INTERFACE)
target_compile_features(netecho_options INTERFACE cxx_std_20)
target_include_directories(netecho_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(netecho_options INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_SIZEOF_VOID_P EQUAL 4) # Files above 2 GiB, times after 2038.
  target_compile_definitions(netecho_options INTERFACE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
# Position-independent for programs, which is all that is made of it. A shared library's functions can
# be replaced at start, so that its compiler may put none of them into another.
target_compile_options(netecho_options INTERFACE -fPIE)
# Nothing here looks at errno after a square root; without it that is one instruction, no call.
target_compile_options(netecho_options INTERFACE -fstack-protector-strong -fno-math-errno)
target_link_options(netecho_options INTERFACE -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

if(NETECHO_DEVELOPER_MODE)
  target_compile_options(
    netecho_options
    INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
              -Werror)
endif()

if(NETECHO_SANITIZE)
  target_compile_options(netecho_options INTERFACE -fsanitize=${NETECHO_SANITIZE}
                                                   -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(netecho_options INTERFACE -fsanitize=${NETECHO_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(netecho_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

if(NETECHO_SANITIZE OR NETECHO_COVERAGE)
  # They open files and make calls of their own at any time: no sandbox.
  target_compile_definitions(netecho_options INTERFACE NETECHO_INSTRUMENTED)
endif()

if(NETECHO_COVERAGE)
  # Threads count the same lines: without the option counts get lost, and some come out negative.
  target_compile_options(netecho_options INTERFACE --coverage -fprofile-abs-path
                                                   -fprofile-update=atomic)
  target_compile_definitions(netecho_options INTERFACE NETECHO_COVERAGE)
  target_link_options(netecho_options INTERFACE --coverage)
endif()

# netecho_library(NAME SOURCES... [ALONE...] [LINK targets...]): one library a folder; its headers are
# included by their path from the project's root. ALONE are sources whose private names another one
# has, too: they stay alone where a preset joins sources to build in half the time.
function(netecho_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ALONE;LINK;LINK_PRIVATE")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES} ${arg_ALONE})
    set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    target_link_libraries(${name} PUBLIC netecho_options ${arg_LINK} PRIVATE ${arg_LINK_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE netecho_options ${arg_LINK})
  endif()
endfunction()
