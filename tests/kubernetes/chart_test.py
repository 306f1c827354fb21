#!/usr/bin/env python3
"""The Helm chart and the plain manifests are what a cluster takes: chart_test.py PATH-OF-TAILRACE

Rendered by render.py, and by helm where there is one."""
import copy
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from cluster import ROLES, Cluster, is_hardened
from functions import FUNCTIONS
from go_template import Parser, Run, TemplateError
from kinds import Kinds
from places import CHART, OPENSHIFT, ROOT, VALUES, VALUES_FILES, config_of, manifests, rendered, values_of
from render import Chart, documents, merged, read

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""
# Helm takes no longer name of a release.
LONGEST = "a-rather-long-name-of-a-release-for-all-logs-of-a-big"
HELM = shutil.which("helm")
KINDS = Kinds()
CHART_READ = Chart(CHART)
VALID = "Valid config file! No syntax issues found"
# What the chart adds and plain manifests have no use for.
HELM_ONLY = ("helm.sh/chart", "app.kubernetes.io/managed-by")
# Of other projects, in extraObjects.
FOREIGN = ("ExternalSecret",)


def check_syntax(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([BINARY, f"-config.file={file.name}", "-config.expand-env", "-check-syntax"],
                              capture_output=True, text=True, timeout=30, check=False,
                              env={"LOKI_USER": "a", "LOKI_PASSWORD": "b", "TOKEN": "c", "HOSTNAME": "node"})
    return done.returncode, done.stdout + done.stderr


def comparable(objects):
    """By kind and name; without what helm adds, and with the configuration as what it says."""
    found = {}
    for each in copy.deepcopy(objects):
        for key in HELM_ONLY:
            each["metadata"].get("labels", {}).pop(key, None)
        for data in (each.get("data", {}), each.get("stringData", {})):
            if "promtail.yaml" in data:
                data["promtail.yaml"] = documents(data["promtail.yaml"])
        pod = each.get("spec", {}).get("template", {}).get("metadata", {})
        if pod.get("annotations", {}).pop("checksum/config", None) and not pod["annotations"]:
            del pod["annotations"]
        found[each["kind"], each["metadata"]["name"]] = each
    return found


def faults_of(objects):
    known = [each for each in objects if each["kind"] not in FOREIGN]
    found = [fault for each in known for fault in KINDS.faults(each)]
    return found or Cluster(known).faults()


class Rendered(unittest.TestCase):
    def test_what_is_rendered_is_what_a_cluster_takes(self):
        self.assertIn("promtail.yaml", VALUES_FILES)
        for name in VALUES_FILES:
            for release in ("tailrace", LONGEST):
                with self.subTest(name, release=release):
                    self.assertEqual(faults_of(rendered(CHART_READ, name, release=release)), [])

    def test_openshift_gets_its_constraints(self):
        objects = rendered(CHART_READ, "defaults.yaml", versions=(OPENSHIFT,))
        self.assertEqual(faults_of(objects), [])
        self.assertIn("SecurityContextConstraints", [each["kind"] for each in objects])
        self.assertNotIn("SecurityContextConstraints", [each["kind"] for each in rendered(CHART_READ)])

    def test_every_configuration_is_valid(self):
        for name in VALUES_FILES:
            with self.subTest(name):
                status, said = check_syntax(config_of(rendered(CHART_READ, name)))
                self.assertIn(VALID, said)
                self.assertEqual(status, 0)

    def test_an_invalid_configuration_is_noticed(self):
        text = config_of(rendered(CHART_READ)).replace("cri:", "crio:")
        self.assertNotEqual(check_syntax(text)[0], 0)

    def test_everything_makes_every_kind(self):
        kinds = {each["kind"] for name in VALUES_FILES
                 for each in rendered(CHART_READ, name, versions=(OPENSHIFT,))}
        self.assertEqual({kind for kind, _ in KINDS.kinds} - kinds, {"Namespace"})

    def test_every_value_is_used(self):
        """A default that no template asks for would be accepted and mean nothing."""
        asked = "".join(read(os.path.join(folder, name)) for folder, _, names in os.walk(CHART)
                        for name in names if "templates" in folder) + read(os.path.join(CHART, "values.yaml"))
        unused = [key for key in CHART_READ.values if f".Values.{key}" not in asked]
        self.assertEqual(unused, ["podSecurityPolicy"])

    def test_every_value_that_is_given_comes_out(self):
        # A registry that `global` overrules, and replicas that the autoscaler has.
        cases = {"everything.yaml": {"ignored.example.org"}, "receiver.yaml": {2}, "promtail.yaml": set()}
        for name, left_out in cases.items():
            objects = rendered(CHART_READ, name)
            found = set(leaves(objects))
            text = "\n".join(str(each) for each in found)
            for value in leaves(values_of(name)):
                if isinstance(value, bool) or value is None or value in left_out or "{{" in str(value):
                    continue
                lines = value.splitlines() if isinstance(value, str) else [f": {value}"]
                with self.subTest(name, value=value):
                    self.assertTrue(value in found or all(line.strip() in text for line in lines))

    def test_switches(self):
        cases = [("hostNetwork", True, None), ("enableServiceLinks", False, True),
                 ("automountServiceAccountToken", False, True)]
        for key, value, otherwise in cases:
            for values, expected in (({key: value}, value), ({}, otherwise)):
                pod = next(each for each in CHART_READ.objects(values) if each["kind"] == "DaemonSet")
                self.assertIs(pod["spec"]["template"]["spec"].get(key), expected, key)

    def test_the_checksum_follows_the_configuration(self):
        def checksum(values):
            pods = [each for each in CHART_READ.objects(values) if each["kind"] == "DaemonSet"]
            return pods[0]["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
        self.assertEqual(checksum({}), checksum({"podLabels": {"a": "b"}}))
        self.assertNotEqual(checksum({}), checksum({"config": {"logLevel": "warn"}}))

    def test_containers_are_confined(self):
        for objects in (manifests(), rendered(CHART_READ)):
            pod = next(each for each in objects if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]
            for container in pod["initContainers"] + pod["containers"]:
                self.assertEqual(is_hardened(container), [])
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})

    def test_a_release_can_take_the_place_of_promtails(self):
        """Same names and selector as the promtail chart's: the DaemonSet is rolled over node by node."""
        objects = CHART_READ.objects({"nameOverride": "promtail"}, release="promtail")
        daemonset = next(each for each in objects if each["kind"] == "DaemonSet")
        self.assertEqual(daemonset["metadata"]["name"], "promtail")
        self.assertEqual(daemonset["spec"]["selector"]["matchLabels"],
                         {"app.kubernetes.io/name": "promtail", "app.kubernetes.io/instance": "promtail"})

    def test_positions_of_promtail_are_adopted_where_they_are_not_in_use(self):
        def adopts(values):
            pod = next(each for each in CHART_READ.objects(values) if each["kind"] == "DaemonSet")
            return "initContainers" in pod["spec"]["template"]["spec"]
        self.assertTrue(adopts({}))
        self.assertFalse(adopts({"adoptPromtailPositions": {"enabled": False}}))
        self.assertFalse(adopts(merged(values_of("promtail.yaml"), {"initContainer": []})))

    def test_pods_of_a_deployment_do_not_share_positions(self):
        pod = next(each for each in rendered(CHART_READ, "receiver.yaml") if each["kind"] == "Deployment")
        volumes = {each["name"]: each for each in pod["spec"]["template"]["spec"]["volumes"]}
        self.assertEqual(volumes["run"], {"name": "run", "emptyDir": {}})

    def test_notes_warn_of_positions_in_memory(self):
        self.assertIn("WARNING", CHART_READ.render(values_of("promtail.yaml"))["NOTES.txt"])
        self.assertNotIn("WARNING", CHART_READ.render()["NOTES.txt"])

    def test_refused(self):
        cases = [
            ({"deployment": {"enabled": True}}, "each line would come twice"),
            ({"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}, "would follow the same files"),
            ({"rbac": {"pspEnabled": True}}, "no PodSecurityPolicy"),
            ({"image": {"repository": "grafana/promtail"}}, "that starts Promtail"),
            ({"config": {"positions": {"filename": "/run/promtail/positions.yaml"}}}, "volume mounts"),
            ({"config": {"positions": {"filename": "/var/log/pods/positions.yaml"}}}, "volume mounts"),
            ({"config": {"lokiAddress": "http://loki"}}, "config.lokiAddress is not known"),
            ({"tolerationss": []}, "tolerationss is not known"),
            ({"config": {"serverPort": "http"}}, "config.serverPort is no integer"),
            ({"config": {"serverPort": 70000}}, "config.serverPort is out of range"),
            ({"config": {"clients": [{"tenant_id": "a"}]}}, "config.clients[0] has no url"),
            ({"config": {"logLevel": "verbose"}}, "config.logLevel is none of"),
            ({"httpPathPrefix": "logs/"}, "httpPathPrefix does not look like"),
            ({"podAnnotations": {"prometheus.io/scrape": True}}, "prometheus.io/scrape is no string"),
            ({"extraPorts": {"a": {"port": 1}}}, "extraPorts.a.port is not known"),
            ({"extraPorts": {"a": {"containerPort": 1, "ingress": {"hosts": []}}}}, "too few items"),
        ]
        for values, message in cases:
            with self.subTest(message), self.assertRaises(TemplateError) as caught:
                CHART_READ.render(values)
            self.assertIn(message, str(caught.exception))


    def test_null_takes_a_default_away(self):
        gone = ("livenessProbe", "readinessProbe", "resources", "containerSecurityContext")
        values = dict.fromkeys((*gone, "podSecurityContext", "tolerations", "updateStrategy", "nodeSelector"))
        objects = CHART_READ.objects(values, versions=(OPENSHIFT,))
        self.assertEqual(faults_of(objects), [])
        spec = next(each for each in objects if each["kind"] == "DaemonSet")["spec"]
        self.assertNotIn("updateStrategy", spec)
        self.assertFalse({"tolerations", "securityContext"} & set(spec["template"]["spec"]))
        self.assertFalse(({*gone, "securityContext"}) & set(spec["template"]["spec"]["containers"][0]))


class Manifests(unittest.TestCase):
    def test_are_what_a_cluster_takes(self):
        self.assertEqual(faults_of(manifests()), [])

    def test_rights_are_enough_for_every_role(self):
        for role in ROLES:
            for attach in ("", ", attach_metadata: {node: true}"):
                objects = manifests()
                data = next(each["data"] for each in objects if each["kind"] == "ConfigMap")
                data["promtail.yaml"] = data["promtail.yaml"].replace("role: pod", f"{{role: {role}{attach}}}")
                self.assertEqual(Cluster(objects).faults(), [], (role, attach))

    def test_are_what_the_chart_makes(self):
        own = comparable(manifests())
        namespace = own.pop(("Namespace", "tailrace"))
        self.assertEqual(namespace["metadata"]["labels"], {"pod-security.kubernetes.io/enforce": "privileged"})
        charts = comparable(rendered(CHART_READ, "manifests.yaml"))
        self.assertEqual(own.keys(), charts.keys())
        for key, each in own.items():
            self.assertEqual(each, charts[key], key)

    def test_their_configuration_is_valid(self):
        status, said = check_syntax(config_of(manifests()))
        self.assertEqual((status, said.strip()), (0, VALID))

    def test_have_the_version_of_the_chart_and_of_the_program(self):
        version = CHART_READ.about["appVersion"]
        self.assertIn(f"VERSION {version}", read(os.path.join(ROOT, "CMakeLists.txt")))
        pod = next(each for each in manifests() if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]
        self.assertEqual({container["image"] for container in pod["initContainers"] + pod["containers"]},
                         {f"tailrace:{version}"})
        self.assertEqual({each["metadata"]["labels"]["app.kubernetes.io/version"] for each in manifests()
                          if each["kind"] != "Namespace"}, {version})


class AdoptPositions(unittest.TestCase):
    """The script of the init container, run as it stands."""

    def run_it(self, promtail=None, own=None):
        pod = next(each for each in manifests() if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]
        command = pod["initContainers"][0]["command"]
        with tempfile.TemporaryDirectory() as folder:
            paths = {"POSITIONS": os.path.join(folder, "new file", "positions.yaml"),
                     "PROMTAIL_POSITIONS": os.path.join(folder, "old.yaml")}
            os.mkdir(os.path.dirname(paths["POSITIONS"]))
            for name, text in (("POSITIONS", own), ("PROMTAIL_POSITIONS", promtail)):
                if text is not None:
                    with open(paths[name], "w", encoding="utf-8") as file:
                        file.write(text)
            done = subprocess.run(command, env={**os.environ, **paths}, capture_output=True, text=True,
                                  timeout=30, check=False)
            found = os.listdir(os.path.dirname(paths["POSITIONS"]))
            self.assertIn(found, ([], ["positions.yaml"]))
            return done.returncode, done.stdout, read(paths["POSITIONS"]) if found else None

    def test_goes_on_where_promtail_stopped(self):
        status, said, positions = self.run_it(promtail='positions:\n  /var/log/a: "7"\n')
        self.assertEqual((status, positions), (0, 'positions:\n  /var/log/a: "7"\n'))
        self.assertIn("2 lines", said)

    def test_leaves_our_own(self):
        self.assertEqual(self.run_it(promtail="theirs", own="ours"), (0, "", "ours"))

    def test_does_nothing_where_promtail_never_was(self):
        self.assertEqual(self.run_it(), (0, "", None))


def paths(value, path=()):
    """Of every map below a value."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from paths(inner, path + (key,))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, path + (number,))


def leaves(value):
    """All that is no map and no list."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def at(value, path):
    for key in path:
        value = value[key]
    return value


# Where a map may have any key.
OPEN = {"labels", "annotations", "data", "stringData", "matchLabels", "requests", "limits", "maxAllowed",
        "minAllowed", "nodeSelector", "additionalLabels"}


class Mutated(unittest.TestCase):
    """A check that cannot fail proves nothing: each change has to be noticed."""

    def test_unknown_and_missing_fields(self):
        tried = 0
        for each in [*manifests(), *rendered(CHART_READ, "everything.yaml"), *rendered(CHART_READ, "receiver.yaml")]:
            if each["kind"] in FOREIGN:
                continue
            for path in paths(each):
                if OPEN & set(path[-1:]) or (path[-1:] == ("selector",) and each["kind"] == "Service"):
                    continue
                changed = copy.deepcopy(each)
                at(changed, path)["tailraces"] = "1"
                self.assertNotEqual(KINDS.faults(changed), [], path)
                for key, value in at(each, path).items():
                    if isinstance(value, (bool, dict)):
                        changed = copy.deepcopy(each)
                        at(changed, path)[key] = [value]
                        self.assertNotEqual(KINDS.faults(changed), [], (path, key))
                        tried += 1
                tried += 1
        self.assertGreater(tried, 300)

    def noticed(self, change, base):
        objects = copy.deepcopy(base)
        things = {}
        for each in objects:
            things.setdefault(each["kind"], each)
        change(things)
        return faults_of([each for each in objects if "gone" not in each])

    def test_changes_of_the_manifests(self):
        def pod(things):
            return things["DaemonSet"]["spec"]["template"]["spec"]

        def main(things):
            return pod(things)["containers"][0]

        def config(things, old, new):
            self.assertIn(old, things["ConfigMap"]["data"]["promtail.yaml"])
            data = things["ConfigMap"]["data"]
            data["promtail.yaml"] = data["promtail.yaml"].replace(old, new)
        changes = [
            lambda t: t["DaemonSet"]["spec"]["selector"]["matchLabels"].update(app="other"),
            lambda t: t["DaemonSet"]["spec"]["template"]["metadata"]["labels"].pop("app.kubernetes.io/name"),
            lambda t: t["ServiceAccount"]["metadata"].update(name="other"),
            lambda t: t["ServiceAccount"].update(gone=True),
            lambda t: t["ClusterRole"].update(gone=True),
            lambda t: t["ClusterRole"]["rules"][0]["resources"].remove("pods"),
            lambda t: config(t, "role: pod", "{role: pod, attach_metadata: {node: true}}")
            or t["ClusterRole"]["rules"][0]["resources"].remove("nodes"),
            lambda t: t["ClusterRole"]["rules"][0]["verbs"].remove("watch"),
            lambda t: t["ClusterRole"]["rules"][0]["verbs"].append("lists"),
            lambda t: t["ClusterRoleBinding"]["roleRef"].update(name="other"),
            lambda t: t["ClusterRoleBinding"]["subjects"][0].update(namespace="other"),
            lambda t: t["ConfigMap"]["metadata"].update(name="other"),
            lambda t: t["ConfigMap"]["data"].update({"config.yaml": t["ConfigMap"]["data"].pop("promtail.yaml")}),
            lambda t: config(t, "3101", "3102"),
            lambda t: config(t, "role: pod", "role: endpointslice") or t["ClusterRole"]["rules"].pop(1),
            lambda t: config(t, "role: pod", "role: ingress") or t["ClusterRole"]["rules"].pop(2),
            lambda t: config(t, "/var/lib/tailrace/", "/tmp/"),
            lambda t: config(t, "/var/lib/tailrace/", "/var/log/pods/"),
            lambda t: pod(t)["volumes"].pop(1),
            lambda t: pod(t)["volumes"].append(pod(t)["volumes"][1]),
            lambda t: pod(t)["volumes"].append({"name": "more", "emptyDir": {}}),
            lambda t: pod(t)["volumes"][1].update(emptyDir={}),
            lambda t: pod(t)["volumes"][1].update(emptyDir=pod(t)["volumes"][1].pop("hostPath") and {}),
            lambda t: pod(t)["volumes"][1]["hostPath"].update(type="Folder"),
            lambda t: pod(t).update(automountServiceAccountToken=False),
            lambda t: pod(t).update(terminationGracePeriodSeconds="30s"),
            lambda t: main(t)["env"].pop(),
            lambda t: main(t)["env"][0]["valueFrom"]["fieldRef"].update(fieldPath="metadata.name"),
            lambda t: main(t)["env"][0]["valueFrom"].update(secretKeyRef={"name": "a", "key": "b"}),
            lambda t: main(t)["ports"][0].update(name="metrics"),
            lambda t: main(t)["ports"][0].update(containerPort=0),
            lambda t: main(t)["volumeMounts"][1].update(readOnly=True),
            lambda t: main(t)["volumeMounts"][1].update(mountPath="/etc/promtail"),
            lambda t: main(t)["livenessProbe"].update(tcpSocket={"port": 3101}),
            lambda t: main(t)["readinessProbe"].pop("httpGet"),
            lambda t: main(t)["resources"]["limits"].update(memory="256 MB"),
        ]
        for number, change in enumerate(changes):
            self.assertNotEqual(self.noticed(change, manifests()), [], number)
        self.assertEqual(self.noticed(lambda things: None, manifests()), [])

    def test_changes_of_everything_else(self):
        cases = {
            "everything.yaml": [
                lambda t: t["Service"]["spec"]["selector"].update(app="other"),
                lambda t: t["Service"]["spec"]["ports"][0].update(targetPort="other"),
                # Two Services would be selected: metrics would come twice.
                lambda t: t["ServiceMonitor"]["spec"]["selector"]["matchLabels"].pop("app.kubernetes.io/component"),
                lambda t: t["ServiceMonitor"]["spec"]["endpoints"][0].update(port="metrics"),
                lambda t: t["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].update(a="b"),
                lambda t: t["NetworkPolicy"]["spec"]["ingress"][2]["ports"][0].update(port="syslog"),
                lambda t: t["VerticalPodAutoscaler"]["spec"]["targetRef"].update(name="other"),
            ],
            "receiver.yaml": [
                lambda t: t["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"].update(kind="StatefulSet"),
                lambda t: t["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"]
                .update(name="other"),
            ],
        }
        for name, changes in cases.items():
            base = rendered(CHART_READ, name)
            for number, change in enumerate(changes):
                self.assertNotEqual(self.noticed(change, base), [], (name, number))

    def test_confinement(self):
        good = {"name": "a", "securityContext": {
            "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]}}}
        self.assertEqual(is_hardened(good), [])
        for key in good["securityContext"]:
            changed = copy.deepcopy(good)
            del changed["securityContext"][key]
            self.assertNotEqual(is_hardened(changed), [])


class Renderer(unittest.TestCase):
    """render.py does as helm does, or says that it cannot."""

    @staticmethod
    def of(text, **data):
        defined = {}
        return Run(FUNCTIONS, defined).render(Parser(text, defined).whole(), data)

    def test_templates(self):
        cases = [
            ("a {{- 1 -}} b", "a1b"), ("{{ .a.b }}", "c"), ("{{ .n | default `x` }}", "x"),
            ("{{/* no */}}-", "-"), ("{{ if and .a (not .n) }}y{{ else }}n{{ end }}", "y"),
            ("{{ if .n }}1{{ else if .a }}2{{ else }}3{{ end }}", "2"),
            ("{{ with .n }}1{{ else }}{{ .a.b }}{{ end }}", "c"),
            ("{{ range $k, $v := .m }}{{ $k }}={{ $v }};{{ end }}", "p=1;q=2;"),
            ("{{ range .l }}{{ . }}{{ $.a.b }}{{ else }}none{{ end }}", "xcyc"),
            ("{{ range .n }}{{ . }}{{ else }}none{{ end }}", "none"),
            ('{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ end }}{{ $x }}', "b"),
            ('{{ define "t" }}<{{ . }}>{{ end }}{{ include "t" .a.b | quote }}', '"<c>"'),
            ('{{ tpl "{{ .a.b }}" . }}', "c"), ('{{ printf "%s-%d" .a.b 3 | trunc 2 }}', "c-"),
            ("{{ toYaml .l | nindent 2 }}", "\n  - x\n  - y"), ("{{ (dict `k` .l).k | len }}", "2"),
            ("{{ .l }}", None), ("{{ .n }}", None), ("{{ .n.a }}", None), ("{{ nonsense 1 }}", None),
            ("{{ if .a }}", None), ("{{ end }}", None), ("{{ 1000000 }}", None), ("{{ $y }}", None),
            ("{{ block `a` . }}{{ end }}", None), ("{{ (1 }}", None), ("{{ 1", None), ("{{ quote }}", None),
            ('{{ fail "no" }}', None), ("{{ if .a }}1{{ else range .l }}2{{ end }}", None),
        ]
        data = {"a": {"b": "c"}, "m": {"q": 2, "p": 1}, "l": ["x", "y"]}
        for text, expected in cases:
            with self.subTest(text):
                if expected is None:
                    self.assertRaises(TemplateError, self.of, text, **data)
                else:
                    self.assertEqual(self.of(text, **data), expected)

    def test_a_key_that_stands_twice_is_refused(self):
        self.assertRaises(TemplateError, documents, "a: 1\nb: {c: 1, c: 2}\n")


@unittest.skipUnless(HELM or os.environ.get("TAILRACE_REQUIRE_PEERS"), "helm not found")
class Helm(unittest.TestCase):
    def helm(self, *arguments):
        self.assertTrue(HELM, "helm not found, and TAILRACE_REQUIRE_PEERS is set")
        with tempfile.TemporaryDirectory() as home:
            return subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=120, check=False,
                                  env={"HOME": home, "PATH": os.environ["PATH"]})

    def test_renders_the_same(self):
        for name in VALUES_FILES:
            with self.subTest(name):
                done = self.helm("template", "tailrace", CHART, "-n", "tailrace", "-a", OPENSHIFT,
                                 "-f", os.path.join(VALUES, name))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(comparable(documents(done.stdout)),
                                 comparable(rendered(CHART_READ, name, versions=(OPENSHIFT,))))

    def test_finds_no_fault(self):
        for name in VALUES_FILES:
            done = self.helm("lint", "--strict", CHART, "-f", os.path.join(VALUES, name))
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_refuses_what_is_refused(self):
        for values, message in (("rbac.pspEnabled=true", "no PodSecurityPolicy"), ("nonsense=1", "nonsense"),
                                ("config.serverPort=0", "serverPort")):
            done = self.helm("template", "tailrace", CHART, "--set", values)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(message, done.stderr)


if __name__ == "__main__":
    unittest.main()
