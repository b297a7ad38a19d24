/*
 * The script and the style of the page of `silt html`, made from analyzer/render/html/.
 */
#ifndef SILT_RENDER_HTML_ASSETS_H
#define SILT_RENDER_HTML_ASSETS_H

extern const char html_script[], html_style[]; /* NUL-ended */

#endif
