"""A page for every request: pages.py PORT [leak]. With `leak` it keeps a note of each, for as long as it runs."""
import http.server
import sys

PAGE = b"served" * 1000
kept = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for each answer

    def do_GET(self):
        note = bytearray(3000)
        note[:4] = b"%4d" % (len(self.path) % 10000)
        if "leak" in sys.argv:
            kept.append(note)
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


try:
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
except KeyboardInterrupt:
    pass
