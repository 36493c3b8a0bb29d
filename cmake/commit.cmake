# Writes OUTPUT, which says from which commit of SOURCE it is built; only where that has changed.
# NETECHO_COMMIT in the environment tells it where there is no repository, as in a package's build.
cmake_minimum_required(VERSION 3.25)

set(commit "$ENV{NETECHO_COMMIT}")
if(commit STREQUAL "")
  execute_process(
    COMMAND git describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY "${SOURCE}"
    OUTPUT_VARIABLE commit
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit MATCHES "^[0-9a-f]+(-dirty)?$")
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT
     "namespace netecho {\nextern const char* const kBuildCommit;\nconst char* const kBuildCommit = \"@commit@\";\n}  // namespace netecho\n"
     @ONLY)
