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
endfunction()
