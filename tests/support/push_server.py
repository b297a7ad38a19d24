#!/usr/bin/env python3
"""A server on loopback for tests/e2e/push.sh and otlp.sh: keeps what it is sent, and answers as it is told.

Usage: push_server.py DIRECTORY [CERTIFICATE KEY]. The port is written to DIRECTORY/port when it is ready. Request N is described by
DIRECTORY/N.json, its parts are DIRECTORY/N.NAME. DIRECTORY/answers has a line for each answer to come: a status, or `close`
(the connection, without an answer) or `slow`; a text behind it is the body. Without a line left the answer is 200.
"""
import base64, email.parser, email.policy, http.server, json, os, ssl, sys, time, urllib.parse

directory = sys.argv[1]
count = 0


def next_answer():
    path = os.path.join(directory, 'answers')
    try:
        lines = open(path, encoding='utf-8').read().splitlines()
    except FileNotFoundError:
        lines = []
    if not lines:
        return '200', ''
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines[1:]))
    status, _, text = lines[0].partition(' ')
    return status, text


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global count
        count += 1
        body = self.rfile.read(int(self.headers['Content-Length']))
        url = urllib.parse.urlsplit(self.path)
        parts = {}
        if self.headers.get_content_type() == 'multipart/form-data':
            head = b'Content-Type: ' + self.headers['Content-Type'].encode() + b'\r\n\r\n'
            message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            for part in message.iter_parts():
                parts[part.get_param('name', header='content-disposition')] = part.get_payload(decode=True)
        else:
            parts['body'] = body
        if self.headers.get_content_type() == 'application/json':
            for i, series in enumerate(json.loads(body)['series']):
                parts['profile'] = base64.b64decode(series['samples'][0]['raw_profile'], validate=True)
        for name, data in parts.items():
            with open(f'{directory}/{count}.{name}', 'wb') as file:
                file.write(data)
        with open(f'{directory}/{count}.tmp', 'w', encoding='utf-8') as file:
            json.dump({'path': self.path if '://' in self.path else url.path, 'query': dict(urllib.parse.parse_qsl(url.query)),
                       'headers': {k.lower(): v for k, v in self.headers.items()}}, file)
        os.rename(f'{directory}/{count}.tmp', f'{directory}/{count}.json')
        status, text = next_answer()
        if status == 'close':
            self.close_connection = True
            self.connection.close()
            return
        if status == 'slow':
            time.sleep(1)
            status = '200'
        self.send_response(int(status))
        if status.startswith('3'):
            self.send_header('Location', text)
        if status == '429':
            self.send_header('Retry-After', '1')
        answer = text.encode().decode('unicode_escape').encode('latin-1')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Server(http.server.HTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that does not like the certificate


server = Server(('127.0.0.1', 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(directory + '/port.tmp', 'w', encoding='utf-8') as file:
    file.write(str(server.server_address[1]))
os.rename(directory + '/port.tmp', directory + '/port')
server.serve_forever()
