"""An API server that lists pods and lets a watch wait."""
import http.server
import json
import threading
import urllib.parse


class PodsApi:
    """Serves http on `port` until stop()."""

    def __init__(self, pods, node):
        self.asked = []
        self.ended = threading.Event()
        api = self

        class Request(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                api.asked.append((url.path, query))
                if url.path != "/api/v1/pods" or query.get("fieldSelector") != f"spec.nodeName={node}":
                    self.send_error(404)
                    return
                body = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"},
                                   "items": pods}).encode()
                watched = query.get("watch") in ("true", "1")
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                if not watched:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if watched:
                    self.wfile.flush()
                    api.ended.wait()
                else:
                    self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Request)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def pod(name, uid, labels=None, controller=None, annotations=None, containers=("app",)):
    """One of namespace shop on node-1, as the API gives it."""
    metadata = {"name": name, "namespace": "shop", "uid": uid, "resourceVersion": "1", "labels": labels or {},
                "annotations": annotations or {}}
    if controller:
        metadata["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": controller,
                                        "uid": "1", "controller": True}]
    return {"metadata": metadata,
            "spec": {"nodeName": "node-1", "containers": [{"name": each, "image": each} for each in containers]},
            "status": {"phase": "Running", "podIP": "10.0.0.1", "hostIP": "10.0.0.2"}}
