"""A receiver to try the webhooks with: `python receiver.py whsec_…` listens on http://127.0.0.1:8000/.

It shows what every receiver has to do: verify the signature over the bytes that arrived, remember the ids
that it has handled, and answer quickly. Needs the package `standardwebhooks`.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

handled: set[str] = set()  # in a database, and for as long as the sender keeps deliveries


class Receiver(BaseHTTPRequestHandler):
    webhook: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = self.webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            self.send_error(401, str(error))
            return
        webhook_id = self.headers["webhook-id"]
        again = " (again)" if webhook_id in handled else ""
        handled.add(webhook_id)
        sys.stdout.write(f"{event['type']} {event['data']['meta'].get('image_key')} {webhook_id}{again}\n")
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    Receiver.webhook = Webhook(sys.argv[1])
    HTTPServer(("127.0.0.1", 8000), Receiver).serve_forever()
