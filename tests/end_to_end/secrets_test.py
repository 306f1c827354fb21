#!/usr/bin/env python3
"""Plants a secret in every option that takes one and looks for it wherever the program says
something: secrets_test.py PATH-OF-TAILRACE"""
import http.client
import os
import signal
import socket
import subprocess
import sys
import unittest

from rig import PATIENCE_SECONDS, Rig, fetch, free_port, wait_for

MARK = "pLaNtEd"  # In every secret, with its name behind it.
SHOWN = "shown-on-purpose"  # Beside them, so that silence is noticed.


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Secrets(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.dead = free_port()  # Nobody listens: every request fails, and is spoken of.
        self.planted = 0

    def tearDown(self):
        self.rig.close()

    def file(self, name):
        path = os.path.join(self.rig.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{MARK}-in-{name}\n")
        return path

    def key(self):
        """A certificate and its key; the middle of the key is a secret as well."""
        certificate = os.path.join(self.rig.folder, "certificate.pem")
        key = os.path.join(self.rig.folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                        "-subj", "/CN=localhost", "-days", "2"], check=True, capture_output=True)
        with open(key, encoding="utf-8") as file:
            self.key_text = file.read()
        return certificate, key

    def write(self, more=""):
        certificate, key = self.key()
        indented = self.key_text.replace("\n", "\n        ")
        http_client = (f'basic_auth: {{username: {SHOWN}, password: {MARK}-sd-password}}')
        text = f"""
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {self.rig.port}
  log_level: debug
  enable_runtime_reload: true
positions: {{filename: {self.rig.state}/positions.yaml}}
tailrace: {{server: {{basic_auth: {{username: u, password: {MARK}-page-password}}}}}}
clients:
- url: http://{SHOWN}:1/
- url: http://user:{MARK}-url-password@127.0.0.1:{self.dead}/push?token={MARK}-url-query
- url: http://127.0.0.1:{self.dead}/a
  basic_auth: {{username: u, password: {MARK}-password}}
  headers: {{X-Api-Key: {MARK}-header}}
- url: http://127.0.0.1:{self.dead}/b
  bearer_token: {MARK}-bearer-token
  http_headers: {{X-Foo: {{values: [{MARK}-value], secrets: [{MARK}-header-secret]}}}}
- url: http://127.0.0.1:{self.dead}/c
  authorization: {{type: Token, credentials: {MARK}-credentials}}
  proxy_url: http://user:{MARK}-proxy-password@127.0.0.1:{self.dead}
  proxy_connect_header: {{X-P: [{MARK}-proxy-header]}}
- url: http://127.0.0.1:{self.dead}/d
  oauth2:
    client_id: c
    client_secret: {MARK}-client-secret
    token_url: http://u:{MARK}-token-url@127.0.0.1:{self.dead}/?k={MARK}-token-query
    endpoint_params: {{resource: {MARK}-endpoint}}
- url: https://127.0.0.1:{self.dead}/e
  basic_auth: {{username: u, password_file: {self.file("password")}}}
  tls_config:
      cert_file: {certificate}
      key: |
        {indented}
- url: http://127.0.0.1:{self.dead}/f
  bearer_token_file: {self.file("token")}
- url: http://127.0.0.1:{self.dead}/g
  oauth2:
    client_id: c
    client_secret_file: {self.file("client-secret")}
    token_url: http://127.0.0.1:{self.dead}/
scrape_configs:
- job_name: files
  static_configs: [{{labels: {{__path__: "{self.rig.logs}/*.log"}}}}]
- job_name: http
  http_sd_configs: [{{url: "http://u:{MARK}-sd-url@127.0.0.1:{self.dead}/?q={MARK}-sd-query"}}]
- job_name: http-2
  http_sd_configs: [{{url: "http://127.0.0.1:{self.dead}/", {http_client}}}]
- job_name: consul
  consul_sd_configs: [{{server: "127.0.0.1:{self.dead}", token: {MARK}-consul-token}}]
- job_name: consul-2
  consul_sd_configs: [{{server: "127.0.0.1:{self.dead}", username: u, password: {MARK}-consul}}]
- job_name: kubernetes
  kubernetes_sd_configs:
  - {{role: pod, api_server: "http://127.0.0.1:{self.dead}", bearer_token: {MARK}-kubernetes}}
- job_name: docker
  docker_sd_configs: [{{host: "tcp://127.0.0.1:{self.dead}", bearer_token: {MARK}-docker}}]
- job_name: syslog
  syslog:
    listen_address: 127.0.0.1:0
    labels: {{a: b}}
    tls_config: {{cert_file: {certificate}, key_file: {key}}}
- job_name: cloudflare
  cloudflare:
    api_token: {MARK}-cloudflare
    zone_id: z
    tailrace: {{api_url: "http://127.0.0.1:{self.dead}"}}
    labels: {{a: b}}
- job_name: kafka
  kafka:
    brokers: ["127.0.0.1:{self.dead}"]
    topics: [t]
    authentication:
      type: sasl
      sasl_config: {{mechanism: PLAIN, user: u, password: {MARK}-kafka}}
    labels: {{a: b}}
- job_name: azure
  azure_event_hubs:
    fully_qualified_namespace: 127.0.0.1:{self.dead}
    event_hubs: [h]
    connection_string: "Endpoint=sb://h/;SharedAccessKeyName=k;SharedAccessKey={MARK}-azure"
    labels: {{a: b}}
{more}"""
        self.planted = text.count(MARK)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, text, where, expected=SHOWN):
        """No secret is in it; something else of the configuration is."""
        self.assertIn(expected, text, where)
        for line in text.splitlines():
            at = line.find(MARK)
            self.assertEqual(at, -1, f"{where}: {line[max(at - 300, 0):at + 60]}")
        for line in self.key_text.splitlines()[1:-1]:
            self.assertNotIn(line, text, where)

    def run_tailrace(self, *flags):
        process = subprocess.run([BINARY, f"-config.file={self.rig.path}", *flags],
                                 capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        return process.returncode, (process.stdout + process.stderr).decode()

    def fetch_with_password(self, path):
        import base64  # pylint: disable=import-outside-toplevel
        connection = http.client.HTTPConnection("127.0.0.1", self.rig.port, timeout=10)
        word = base64.b64encode(f"u:{MARK}-page-password".encode()).decode()
        connection.request("GET", path, headers={"Authorization": f"Basic {word}"})
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def test_the_running_program_shows_none(self):
        self.write()
        self.rig.append(f"{SHOWN} line\n")
        process = self.rig.start_with("-print-config-stderr", "-log-config-reverse-order")
        wait_for(lambda: fetch(self.rig.port, "/ready")[0] != 0, "the pages")
        for what in ("error sending batch", "kafka", "cloudflare", "consul"):
            wait_for(lambda w=what: w in self.rig.log(), what + self.rig.log())
        self.check(self.fetch_with_password("/config"), "/config")
        self.check(self.fetch_with_password("/targets"), "/targets", "files")
        self.check(self.fetch_with_password("/service-discovery"), "/service-discovery", "files")
        self.check(self.fetch_with_password("/metrics"), "/metrics", "tailrace_")
        self.check(self.fetch_with_password("/tailrace/api/v1/jobs"), "jobs", "files")
        self.check(self.fetch_with_password("/tailrace/api/v1/targets"), "targets", "files")
        self.check(fetch(self.rig.port, "/config")[1], "the refusal", "")
        control = Unix(os.path.join(self.rig.state, "positions.yaml.outbox/control.sock"))
        control.request("GET", f"/tailrace/api/v1/why?path={self.rig.logs}/a.log")
        self.check(control.getresponse().read().decode(), "why")
        self.check(self.run_tailrace_verb("why", f"-file={self.rig.logs}/a.log"), "tailrace why",
                   "a.log")
        # A reload of what is wrong, at the very place of a secret.
        self.write(f"- job_name: wrong\n  kafka: {{password: {MARK}-unknown}}\n")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "was not reloaded" in self.rig.log(), "the refusal")
        process.send_signal(signal.SIGQUIT)  # The state, into the log.
        wait_for(lambda: "state of a worker" in self.rig.log(), "the state")
        process.send_signal(signal.SIGABRT)
        process.wait(PATIENCE_SECONDS)
        self.check(self.rig.log(), "the log")

    def run_tailrace_verb(self, verb, *flags):
        process = subprocess.run([BINARY, verb, f"-config.file={self.rig.path}", *flags],
                                 capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        return (process.stdout + process.stderr).decode()

    def test_neither_do_checks_and_dry_runs(self):
        self.write()
        self.rig.append("x\n")
        self.check(self.run_tailrace("-check-syntax")[1], "-check-syntax", "")
        self.check(self.run_tailrace("-check-syntax", "-format=json")[1], "json", "")

    def test_neither_do_messages_about_what_is_wrong(self):
        for more, words in [
                (f"- job_name: x\n  kafka: {{password: {MARK}-unknown}}\n", "not a known key"),
                (f"- job_name: x\n  syslog: {{labels: [x], bearer_token: {MARK}-y}}\n", "x"),
                (f"- job_name: x\n  http_sd_configs: [{{url: 'http://u:{MARK}-p@'}}]\n", "url"),
                (f"- job_name: x\n  http_sd_configs: [{{url: 'http://h/?q={MARK}', x: 1}}]\n", "x")]:
            self.write(more)
            status, text = self.run_tailrace("-check-syntax")
            self.assertNotEqual(status, 0)
            self.check(text, more, words)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__)
        sys.exit(2)
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
