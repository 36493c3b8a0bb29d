# The program starts with few page faults: docs/performance.md has the figures.
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)

# netecho_link_for_start(TARGET): a linker that lacks one of these does without.
function(netecho_link_for_start target)
  # What nobody calls is left out, with its tables: each page of those is copied at start, because
  # it holds addresses.
  check_linker_flag(CXX -Wl,--gc-sections NETECHO_LEAVES_OUT)
  if(NETECHO_LEAVES_OUT)
    target_link_options(${target} PRIVATE -ffunction-sections -fdata-sections -Wl,--gc-sections)
  endif()

  # Places that hold addresses are listed by a bit each. glibc reads such lists since 2.36.
  check_linker_flag(CXX -Wl,-z,pack-relative-relocs NETECHO_PACKS_RELOCATIONS)
  check_cxx_source_compiles(
    "#include <features.h>
     #if !__GLIBC_PREREQ(2, 36)
     #error
     #endif
     int main() {}"
    NETECHO_LIBC_READS_PACKED)
  if(NETECHO_PACKS_RELOCATIONS AND NETECHO_LIBC_READS_PACKED)
    target_link_options(${target} PRIVATE -Wl,-z,pack-relative-relocs)
  endif()

  set(order ${PROJECT_SOURCE_DIR}/cmake/start_order.ld)
  check_linker_flag(CXX -Wl,-T,${order} NETECHO_ORDERS_FUNCTIONS)
  if(NETECHO_ORDERS_FUNCTIONS)
    target_link_options(${target} PRIVATE -Wl,-T,${order})
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${order})
  endif()
endfunction()
