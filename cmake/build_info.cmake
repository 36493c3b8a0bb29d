# What --version and metrics tell: the commit when it is built, the rest when it is configured.

# netecho_tell_commit(TARGET SOURCE): SOURCE of TARGET has the version in its definitions, and
# TARGET the commit in a source of its own.
function(netecho_tell_commit target source)
  set(commit ${PROJECT_BINARY_DIR}/generated/build_commit.cpp)
  add_custom_target(
    netecho_commit
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D OUTPUT=${commit} -P
            ${PROJECT_SOURCE_DIR}/cmake/commit.cmake
    BYPRODUCTS ${commit}
    COMMENT "Asking for the commit"
    VERBATIM)
  target_sources(${target} PRIVATE ${commit})
  set_source_files_properties(${commit} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_dependencies(${target} netecho_commit)
  set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS
                                                   "NETECHO_VERSION=\"${PROJECT_VERSION}\"")
endfunction()

# netecho_tell_build(SOURCE): SOURCE has in its definitions what is in this build.
function(netecho_tell_build source)
  # These three say their versions in headers alone.
  file(STRINGS ${NETECHO_SODIUM_INCLUDE}/sodium/version.h sodium REGEX "SODIUM_VERSION_STRING \"")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" sodium "${sodium}")
  file(STRINGS ${NETECHO_SECCOMP_INCLUDE}/seccomp.h seccomp REGEX "define SCMP_VER_(MAJOR|MINOR|MICRO)")
  string(REGEX REPLACE "[^0-9;]" "" seccomp "${seccomp}")
  string(REPLACE ";" "." seccomp "${seccomp}")

  file(GLOB event_config ${NETECHO_EVENT_INCLUDE}/event2/event-config.h
       ${NETECHO_EVENT_INCLUDE}/${CMAKE_LIBRARY_ARCHITECTURE}/event2/event-config.h)
  file(STRINGS "${event_config}" event REGEX "EVENT__VERSION \"")
  string(REGEX REPLACE ".*VERSION \"([0-9.]+).*" "\\1" event "${event}")

  set(libraries
      "CLI11 ${CLI11_VERSION}, fmt ${fmt_VERSION}, libevent ${event}, libseccomp ${seccomp}, libsodium ${sodium}"
      "nlohmann_json ${nlohmann_json_VERSION}, spdlog ${spdlog_VERSION}, zlib ${ZLIB_VERSION_STRING}")
  list(JOIN libraries ", " libraries)
  set(instruments "")
  if(NETECHO_SANITIZE)
    set(instruments "-fsanitize=${NETECHO_SANITIZE}")
  elseif(NETECHO_COVERAGE)
    set(instruments coverage)
  endif()
  set_source_files_properties(
    ${source}
    PROPERTIES
      COMPILE_DEFINITIONS
      "NETECHO_LIBRARIES=\"${libraries}\";NETECHO_LINKED=\"linked-${NETECHO_LINK}\";NETECHO_INSTRUMENTS=\"${instruments}\""
  )
endfunction()
