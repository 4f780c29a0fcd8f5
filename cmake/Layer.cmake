# Flags that every target of the project is compiled with.
add_library(cairn_flags INTERFACE)
# With sanitizers GCC's flow analysis warns of what cannot happen; the plain build is the one that must be clean.
set(werror ${CAIRN_WERROR})
if(CAIRN_SANITIZE)
  set(werror OFF)
endif()
# -Wrestrict and -Wstringop-overflow misread "text" + std::string in GCC 12 (GCC bug 105651).
target_compile_options(cairn_flags INTERFACE -pthread -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
                                             "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>"
                                             $<$<BOOL:${werror}>:-Werror>)
target_include_directories(cairn_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(CAIRN_SANITIZE)
  target_compile_options(cairn_flags INTERFACE -fsanitize=${CAIRN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cairn_flags INTERFACE -fsanitize=${CAIRN_SANITIZE})
endif()

# The standard headers that most sources include, compiled once: a third of the compile time of a usual source.
# (Every source still includes what it uses: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without.)
set(CAIRN_COMMON_HEADERS <algorithm> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <functional> <map> <memory>
    <mutex> <optional> <span> <string> <string_view> <unordered_map> <vector>)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "int main() {}\n")
add_library(cairn_common_headers OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_precompile_headers(cairn_common_headers PRIVATE ${CAIRN_COMMON_HEADERS})
target_link_libraries(cairn_common_headers PRIVATE cairn_flags)

# cairn_unite(TARGET): the sources of each folder are compiled some at a time, for a faster clean build: headers are read,
# and templates made, once for all of them. Names of anonymous namespaces are a folder's, therefore.
# -DCAIRN_UNITE=OFF (the dev preset) compiles each source by itself, which is what serves while one is being changed.
option(CAIRN_UNITE "Compile the sources of a folder together" ON)
set(CAIRN_UNITED_SOURCES 8)
function(cairn_unite target)
  if(NOT CAIRN_UNITE)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  foreach(source ${sources})
    get_filename_component(source ${source} ABSOLUTE)
    file(STRINGS ${source} once_per_instruction_set REGEX "hwy/foreach_target.h" LIMIT_COUNT 1)
    if(once_per_instruction_set)
      continue()
    endif()
    get_filename_component(folder ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER ${folder} folder)
    list(APPEND ${folder} ${source})
    list(LENGTH ${folder} count)
    math(EXPR group "(${count} - 1) / ${CAIRN_UNITED_SOURCES}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder}_${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)  # of what is one file's own
endfunction()

# cairn_layer(NAME LIBRARIES...): the folder's sources as one static library cairn_NAME.
function(cairn_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources)  # headers alone
    add_library(cairn_${name} INTERFACE)
    target_link_libraries(cairn_${name} INTERFACE cairn_flags ${ARGN})
    return()
  endif()
  add_library(cairn_${name} STATIC ${sources})
  target_link_libraries(cairn_${name} PUBLIC cairn_flags ${ARGN})
  target_precompile_headers(cairn_${name} REUSE_FROM cairn_common_headers)
  cairn_unite(cairn_${name})
endfunction()

# cairn_program(NAME): a program around the engine, whose own code is not what takes its time: -O1, and the command line's
# headers, which take longer to compile than most programs, once for all.
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
add_executable(cairn_program_headers EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_precompile_headers(cairn_program_headers PRIVATE ${CAIRN_COMMON_HEADERS} <CLI/CLI.hpp> <fmt/format.h>)
target_compile_options(cairn_program_headers PRIVATE -O1)
target_link_libraries(cairn_program_headers PRIVATE cairn_flags CLI11::CLI11 fmt::fmt)
function(cairn_program target)
  target_link_libraries(${target} PRIVATE cairn_flags CLI11::CLI11 fmt::fmt)
  target_compile_options(${target} PRIVATE -O1)
  target_precompile_headers(${target} REUSE_FROM cairn_program_headers)
  cairn_unite(${target})
endfunction()
