# What `cmake --install` places: the program, its pages, its schema, what shells and systemd read.
include(GNUInstallDirs)

# The program writes what is told of its options itself, so that none can be forgotten. One that is
# made for another machine can't run here: it is installed without.
set(documents ${PROJECT_BINARY_DIR}/documents)
file(MAKE_DIRECTORY ${documents})
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  file(GLOB templates CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/packaging/man/*.[157])
  foreach(template IN LISTS templates)
    get_filename_component(page ${template} NAME)
    string(REGEX MATCH ".$" section ${page})
    add_custom_command(
      OUTPUT ${documents}/${page}
      COMMAND
        ${CMAKE_COMMAND} -D INPUT=${template} -D OUTPUT=${documents}/${page} -D
        PROGRAM=$<TARGET_FILE:netecho> -D VERSION=${PROJECT_VERSION} -P
        ${PROJECT_SOURCE_DIR}/cmake/manual_page.cmake
      DEPENDS netecho ${template} ${PROJECT_SOURCE_DIR}/cmake/manual_page.cmake
      COMMENT "Writing ${page}"
      VERBATIM)
    list(APPEND pages ${documents}/${page})
    install(FILES ${documents}/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  set(schema ${documents}/netecho.schema.json)
  add_custom_command(
    OUTPUT ${schema}
    COMMAND netecho schema > ${schema}
    DEPENDS netecho
    COMMENT "Writing netecho.schema.json"
    VERBATIM)
  install(FILES ${schema} DESTINATION ${CMAKE_INSTALL_DATADIR}/netecho)
  add_custom_target(netecho_documents ALL DEPENDS ${pages} ${schema})
endif()

# What an operator copies or names in a configuration (docs/fleet.md).
install(
  FILES ${PROJECT_SOURCE_DIR}/packaging/prometheus/prometheus.yml
        ${PROJECT_SOURCE_DIR}/packaging/prometheus/netecho.rules.yml
        ${PROJECT_SOURCE_DIR}/packaging/prometheus/netecho.rules.test.yml
        ${PROJECT_SOURCE_DIR}/packaging/prometheus/hosts.json
        ${PROJECT_SOURCE_DIR}/packaging/prometheus/targets.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/netecho/prometheus)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/grafana/netecho.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/netecho/grafana)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/kubernetes/netecho.yaml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/netecho/kubernetes)

install(TARGETS netecho)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(completions ${PROJECT_SOURCE_DIR}/completions)
install(
  FILES ${completions}/netecho.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME netecho)
install(FILES ${completions}/netecho.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Debian's zsh looks for what packages bring below /usr, and for what others bring below /usr/local.
set(site_functions ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(EXISTS /etc/debian_version)
  install(FILES ${completions}/_netecho DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(
    CODE "if(NOT CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
            file(INSTALL \"${completions}/_netecho\"
                 DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${site_functions}\")
          endif()")
else()
  install(FILES ${completions}/_netecho DESTINATION ${site_functions})
endif()

set(units ${PROJECT_SOURCE_DIR}/packaging/systemd)
# Not LIBDIR, which may name a processor: systemd looks here.
install(FILES ${units}/netecho.service ${units}/netecho.socket
              ${units}/netecho-watch.service DESTINATION lib/systemd/system)
