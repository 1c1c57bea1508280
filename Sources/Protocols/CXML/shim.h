// Debian's libxml2 is built with ICU and shows it in a header. Whoever imports Foundation too would then have two
// definitions of ICU's types, Foundation's own and the system's, and that does not compile. Only the layout of encoding
// handlers depends on it, and those are not used.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
