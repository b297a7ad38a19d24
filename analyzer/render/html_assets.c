/*
 * The script and the style of the page of `silt html`, included by the assembler. Their paths are
 * relative to the top of the source tree, where the compiler runs.
 */
#include "render/html_assets.h"

#define TAKE_IN(name, file)                                                                        \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl " #name "\n"                                                               \
		".type " #name ", @object\n" #name ":\n"                                           \
		".incbin \"analyzer/render/html/" file "\"\n"                                      \
		".byte 0\n"                                                                        \
		".size " #name ", . - " #name "\n"                                                 \
		".popsection\n")

TAKE_IN(html_script, "page.js");
TAKE_IN(html_style, "page.css");
