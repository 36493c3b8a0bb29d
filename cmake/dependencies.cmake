# Everything comes from Debian's packages (see packages.txt). Nothing is vendored or downloaded.

find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
set(ZLIB_USE_STATIC_LIBS ON)
find_package(ZLIB REQUIRED)
find_path(NETECHO_SODIUM_INCLUDE sodium.h REQUIRED)
find_library(NETECHO_SODIUM_LIBRARY libsodium.a REQUIRED)
add_library(netecho_sodium INTERFACE)
target_include_directories(netecho_sodium SYSTEM INTERFACE ${NETECHO_SODIUM_INCLUDE})
target_link_libraries(netecho_sodium INTERFACE ${NETECHO_SODIUM_LIBRARY})

# The release binary needs only libc when it starts, so fmt and spdlog are used header-only.
add_library(netecho_spdlog INTERFACE)
target_compile_definitions(netecho_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)
foreach(dependency spdlog::spdlog_header_only fmt::fmt-header-only)
  get_target_property(include_dirs ${dependency} INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(netecho_spdlog SYSTEM INTERFACE ${include_dirs})
endforeach()
target_link_libraries(netecho_spdlog INTERFACE Threads::Threads)
