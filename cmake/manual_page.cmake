# Writes the manual page OUTPUT: the template INPUT, in which a line such as "@options probe@" stands
# for what PROGRAM, the netecho just built, prints of itself.
cmake_minimum_required(VERSION 3.25)

file(READ "${INPUT}" page)
string(REPLACE "@VERSION@" "${VERSION}" page "${page}")
string(REGEX MATCHALL "\n@[a-z -]+@\n" places "${page}")
foreach(place IN LISTS places)
  string(REGEX REPLACE "[@\n]" "" part "${place}")
  separate_arguments(words UNIX_COMMAND "${part}")
  execute_process(
    COMMAND "${PROGRAM}" __manual ${words}
    OUTPUT_VARIABLE text
    COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "${place}" "\n${text}" page "${page}")
endforeach()
file(WRITE "${OUTPUT}" "${page}")
