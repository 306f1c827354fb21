"""What a cluster would find wrong with objects together, or only when they run; a text each."""
import yaml

# Group and resource of what each role of kubernetes_sd_configs lists and watches, as
# docs/sources/service-discovery.md has it; nodes with attach_metadata.
PODS, SERVICES, NODES = ("", "pods"), ("", "services"), ("", "nodes")
ROLES = {
    "pod": [PODS],
    "node": [NODES],
    "service": [SERVICES],
    "endpoints": [("", "endpoints"), SERVICES, PODS],
    "endpointslice": [("discovery.k8s.io", "endpointslices"), SERVICES, PODS],
    "ingress": [("networking.k8s.io", "ingresses")],
}
WORKLOADS = ("DaemonSet", "Deployment")
PROBES = ("livenessProbe", "readinessProbe")


def looked_at(discovery):
    return ROLES[discovery["role"]] + ([NODES] if discovery.get("attach_metadata", {}).get("node") else [])


def selects(selector, labels):
    return all((labels or {}).get(key) == value for key, value in selector.items())


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


class Cluster:
    """Objects that are applied together."""

    def __init__(self, objects):
        self.objects = objects
        self.workloads = [each for each in objects if each["kind"] in WORKLOADS]

    def of(self, kind):
        return [each for each in self.objects if each["kind"] == kind]

    def named(self, kind, name):
        return [each for each in self.of(kind) if each["metadata"]["name"] == name]

    def faults(self):
        found = []
        names = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in self.objects]
        found += [f"{name} is there twice" for name in set(names) if names.count(name) > 1]
        found += [] if len(self.workloads) == 1 else [f"{len(self.workloads)} workloads"]
        for each in self.workloads:
            found += self.of_workload(each)
        return found + self.of_selectors() + self.of_rights() + self.of_ports()

    def of_workload(self, workload):
        template = workload["spec"]["template"]
        found = []
        if not selects(workload["spec"]["selector"]["matchLabels"], template["metadata"].get("labels")):
            found.append(f"{workload['kind']}: its selector does not match its pods")
        spec = template["spec"]
        volumes = [volume["name"] for volume in spec["volumes"]]
        found += [f"the volume {name} is there twice" for name in set(volumes) if volumes.count(name) > 1]
        for volume in spec["volumes"]:
            if len(volume) != 2:
                found.append(f"the volume {volume['name']} must have one source")
            found += self.of_source(volume)
        used = set()
        for container in containers(spec):
            found += of_container(container, volumes, used)
        found += [f"the volume {name} is never mounted" for name in volumes if name not in used]
        account = spec.get("serviceAccountName", "default")
        if account != "default" and not self.named("ServiceAccount", account):
            found.append(f"there is no ServiceAccount {account}")
        return found + self.of_node_name(spec) + self.of_state(workload)

    def of_source(self, volume):
        """The volume of the configuration is one of our own objects; others may be the user's."""
        if volume["name"] != "config":
            return []
        name = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
        kind = "ConfigMap" if "configMap" in volume else "Secret"
        if not any("promtail.yaml" in {**each.get("data", {}), **each.get("stringData", {})}
                   for each in self.named(kind, name)):
            return [f"there is no {kind} {name} with the configuration"]
        return []

    @staticmethod
    def of_node_name(spec):
        for variable in spec["containers"][0].get("env", []):
            if variable["name"] == "HOSTNAME":
                path = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
                return [] if path == "spec.nodeName" else ["HOSTNAME is not the node's name"]
        return ["HOSTNAME is not set: the pods of this node would not be found"]

    def of_state(self, workload):
        """Positions and outbox survive the pod of a DaemonSet."""
        spec = workload["spec"]["template"]["spec"]
        file = self.config().get("positions", {}).get("filename", "")
        mounts = [mount for mount in spec["containers"][0]["volumeMounts"]
                  if file.startswith(mount["mountPath"] + "/") and not mount.get("readOnly")]
        if not mounts:
            return [f"positions ({file}) lie on no writable volume"]
        volumes = [each for each in spec["volumes"] if each["name"] == mounts[-1]["name"]]
        if workload["kind"] == "DaemonSet" and not any("hostPath" in volume for volume in volumes):
            return [f"positions ({file}) do not survive the pod"]
        return []

    def config(self):
        for each in self.of("ConfigMap") + self.of("Secret"):
            text = {**each.get("data", {}), **each.get("stringData", {})}.get("promtail.yaml")
            if text:
                return yaml.safe_load(text)
        return {}

    def of_selectors(self):
        found = []
        labels = [each["spec"]["template"]["metadata"]["labels"] for each in self.workloads]
        for each in self.of("Service"):
            if not any(selects(each["spec"]["selector"], pod) for pod in labels):
                found.append(f"Service {each['metadata']['name']} selects no pod")
        for each in self.of("NetworkPolicy"):
            if not any(selects(each["spec"]["podSelector"]["matchLabels"], pod) for pod in labels):
                found.append(f"NetworkPolicy {each['metadata']['name']} selects no pod")
        for each in self.of("ServiceMonitor"):
            wanted = [service for service in self.of("Service")
                      if selects(each["spec"]["selector"]["matchLabels"], service["metadata"]["labels"])]
            ports = {port["name"] for service in wanted for port in service["spec"]["ports"]}
            found += [f"ServiceMonitor: no Service has the port {end['port']}"
                      for end in each["spec"]["endpoints"] if end["port"] not in ports]
            if len(wanted) != 1:
                found.append(f"ServiceMonitor selects {len(wanted)} Services")
        for kind, field in (("HorizontalPodAutoscaler", "scaleTargetRef"), ("VerticalPodAutoscaler", "targetRef")):
            found += [f"{kind} scales nothing" for each in self.of(kind)
                      if not self.named(each["spec"][field]["kind"], each["spec"][field]["name"])]
        return found

    def of_rights(self):
        """What the jobs look at, and that the account has it."""
        wanted = [(*kind, verb) for job in self.config().get("scrape_configs") or []
                  for discovery in job.get("kubernetes_sd_configs", []) for kind in looked_at(discovery)
                  for verb in ("list", "watch")]
        if not wanted:
            return []
        spec = self.workloads[0]["spec"]["template"]["spec"]
        account = (spec.get("serviceAccountName"), self.workloads[0]["metadata"]["namespace"])
        found = [] if spec.get("automountServiceAccountToken", True) else ["no token is mounted"]
        given = self.rights(account)
        return found + [f"the account may not {verb} {name} of {group!r}"
                        for group, name, verb in sorted(set(wanted)) if (group, name, verb) not in given]

    def rights(self, account):
        bindings = [each for each in self.of("ClusterRoleBinding")
                    if account in [(who["name"], who.get("namespace")) for who in each["subjects"]]]
        rules = [rule for binding in bindings for role in self.named("ClusterRole", binding["roleRef"]["name"])
                 for rule in role["rules"]]
        return {(group, name, verb) for rule in rules for group in rule["apiGroups"]
                for name in rule["resources"] for verb in rule["verbs"]}

    def of_ports(self):
        found, ports = [], set()
        for workload in self.workloads:
            for container in workload["spec"]["template"]["spec"]["containers"]:
                for port in container.get("ports", []):
                    ports.add(port["name"])
            own = workload["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
            listens = self.config().get("server", {}).get("http_listen_port")
            if listens != own:
                found.append(f"the program listens on {listens}, the pod says {own}")
        for service in self.of("Service"):
            found += [f"Service {service['metadata']['name']}: no container has the port {port['targetPort']}"
                      for port in service["spec"]["ports"] if port["targetPort"] not in ports]
        for policy in self.of("NetworkPolicy"):
            found += [f"NetworkPolicy: no container has the port {port['port']}"
                      for rule in policy["spec"]["ingress"] for port in rule.get("ports", [])
                      if port["port"] not in ports]
        for ingress in self.of("Ingress"):
            for path in [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]:
                backend = path["backend"]["service"]
                if not any(port["name"] == backend["port"]["name"] for service in self.named("Service", backend["name"])
                           for port in service["spec"]["ports"]):
                    found.append(f"Ingress: no Service {backend['name']} with the port {backend['port']['name']}")
        return found


def of_container(container, volumes, used):
    found = []
    mounts = container.get("volumeMounts", [])
    paths = [mount["mountPath"] for mount in mounts]
    found += [f"two mounts at {path}" for path in set(paths) if paths.count(path) > 1]
    for mount in mounts:
        used.add(mount["name"])
        if mount["name"] not in volumes:
            found.append(f"{container['name']} mounts {mount['name']}, which is no volume")
    names = {port["name"] for port in container.get("ports", []) if "name" in port}
    for probe in [container[name] for name in PROBES if name in container]:
        ways = [way for way in ("httpGet", "tcpSocket", "exec") if way in probe]
        if len(ways) != 1:
            found.append(f"{container['name']}: a probe must ask in one way, not {ways}")
        for way in ways:
            port = probe[way].get("port")
            if isinstance(port, str) and port not in names:
                found.append(f"{container['name']}: a probe asks the port {port}, which is none of its own")
    return found


def is_hardened(container):
    """Faults of what the manifests promise about rights."""
    context = container.get("securityContext", {})
    found = []
    if context.get("capabilities") != {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]}:
        found.append(f"{container['name']}: capabilities")
    if context.get("readOnlyRootFilesystem") is not True:
        found.append(f"{container['name']}: the root file system is writable")
    if context.get("allowPrivilegeEscalation") is not False:
        found.append(f"{container['name']}: privileges can grow")
    return found
