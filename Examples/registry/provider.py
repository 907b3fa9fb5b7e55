"""Answers every request with who it is. usage: provider.py PORT"""
import http.server
import sys

port = int(sys.argv[1])


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"hello from {port}".encode())

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Greeter).serve_forever()
