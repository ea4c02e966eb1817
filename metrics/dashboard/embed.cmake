# Writes OUTPUT, the source of resolver/net/page_files.h's table. PAGES is a list of PATH|TYPE|FILE.
# The assembler reads the files themselves; their tags are digests of what they hold.
set(blocks "")
set(names "")
set(rows "")
set(number 0)
foreach(page IN LISTS PAGES)
  string(REPLACE "|" ";" parts "${page}")
  list(GET parts 0 path)
  list(GET parts 1 type)
  list(GET parts 2 file)
  file(SIZE "${file}" size)
  file(SHA256 "${file}" digest)
  string(SUBSTRING "${digest}" 0 32 tag)
  string(APPEND blocks
    "    \"sluice_page_file_${number}: .incbin \\\"${file}\\\"\\n\"\n")
  string(APPEND names "extern const char sluice_page_file_${number}[];\n")
  string(APPEND rows
    "    {\"${path}\", \"${type}\", \"\\\"${tag}\\\"\", {sluice_page_file_${number}, ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Written by metrics/dashboard/embed.cmake.
#include \"resolver/net/page_files.h\"

asm(\".pushsection .rodata\\n\"
${blocks}    \".popsection\\n\");
extern \"C\" {
${names}}

namespace sluice::net {

std::span<const PageFile> page_files() noexcept {
  static const PageFile kFiles[]{
${rows}  };
  return kFiles;
}

}  // namespace sluice::net
")
