"""Images for the tests of docker/: made of the real Dockerfile, once, and kept as files.

TAILRACE_BASE is the base, as no registry is asked: a folder with a Debian 12, such as
  debootstrap --variant=minbase bookworm FOLDER
makes, or a tar file of one. The image's libraries come from the base's apt sources."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../.."))
sys.path.insert(0, os.path.join(HERE, "../end_to_end"))

from docker_test import Daemon  # noqa: E402
from rig import missing_peer  # noqa: E402,F401

BASE = os.environ.get("TAILRACE_BASE", "")
MINUTE = 60
# A tailrace of the preset dev looks for leaks at its end, which no container lets it do.
QUIET = ["-e", "ASAN_OPTIONS=detect_leaks=0"]


def missing_for_images():
    """What is not here, in words; None: nothing."""
    for program in ["dockerd", "docker", "tar"]:
        if shutil.which(program) is None:
            return f"{program}, for dockerd and its images,"
    if os.geteuid() != 0:
        return "root's rights, for dockerd,"
    if not os.path.exists(BASE):
        return "TAILRACE_BASE=/folder/or/tar/of/a/Debian/12, from which images are made,"
    return None


def run(command, **options):
    """Standard output and error in one; what failed is an AssertionError with them."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=30 * MINUTE, **options)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {text[-3000:]}")
    return text


class Engine(Daemon):
    """A dockerd; with a network of its own where the caller has one to spare."""

    def __init__(self, folder, bridge=False):
        super().__init__(folder)
        if bridge:
            self.options = ["--iptables=true", "--bridge="]

    def docker(self, *arguments, **options):
        environment = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "0"}
        return run(["docker", *arguments], env=environment, **options)

    def log_of(self, name):
        """What it has written to both of its outputs."""
        return self.docker("logs", name)

    def inspect(self, name, form):
        return json.loads(self.run("inspect", "--format", "{{json " + form + "}}", name))

    def import_base(self, name="base"):
        if os.path.isdir(BASE):
            # As the slim images are: without documents and what apt has fetched.
            with subprocess.Popen(
                ["tar", "-C", BASE, "--exclude=./var/cache/apt/*", "--exclude=./usr/share/doc/*",
                 "--exclude=./usr/share/man/*", "--exclude=./usr/share/locale/*",
                 "--exclude=./var/lib/apt/lists/*", "--exclude=./proc/*", "--exclude=./sys/*",
                 "--exclude=./dev/*", "--exclude=./var/log/*", "-c", "."], stdout=subprocess.PIPE) as pack:
                self.docker("import", "-", name, stdin=pack.stdout)
        else:
            self.docker("import", BASE, name)

    def build(self, name, base, files, more=""):
        """An image of `base` with files: path in it -> path here."""
        with tempfile.TemporaryDirectory() as context:
            lines = [f"FROM {base}"]
            for number, (inside, outside) in enumerate(files.items()):
                if os.path.isdir(outside):
                    shutil.copytree(outside, f"{context}/{number}")
                else:
                    shutil.copy(outside, f"{context}/{number}")
                lines.append(f"COPY {number} {inside}")
            with open(f"{context}/Dockerfile", "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n" + more)
            self.docker("build", "-t", name, context)

    def build_tailrace(self, binary, folder):
        """By the Dockerfile of the project, but for the compiler's part: `binary` is there."""
        prebuilt = os.path.join(folder, "prebuilt")
        run([f"{TOP}/docker/collect.sh", binary, prebuilt])
        self.build("builder", "base", {"/prebuilt": prebuilt})
        context = os.path.join(folder, "context")
        os.mkdir(context)
        for name in ["docker", "tools"]:
            shutil.copytree(f"{TOP}/{name}", f"{context}/{name}")
        return self.docker("build", "-f", f"{context}/docker/Dockerfile", "-t", "tailrace",
                           "--network=host", "--build-arg=BUILDER=builder", "--build-arg=BASE=base",
                           "--build-arg=VERSION=1.2.3", context)


def fingerprint(binary):
    """Of all that the image is made of."""
    digest = hashlib.sha256()
    for path in [binary] + [f"{TOP}/docker/{name}" for name in ("Dockerfile", "collect.sh",
                                                                 "config.yml")]:
        with open(path, "rb") as file:
            digest.update(file.read())
    digest.update(BASE.encode())
    return digest.hexdigest()[:16]


def image_file(binary):
    """A file for `docker load` that has the images tailrace and base; made when it is not there."""
    path = os.path.join(tempfile.gettempdir(), f"tailrace-image-{fingerprint(binary)}.tar")
    if os.path.exists(path):
        return path
    folder = tempfile.mkdtemp(prefix="tailrace-image-")
    engine = Engine(folder)
    try:
        engine.start()
        engine.import_base()
        engine.build_tailrace(binary, folder)
        engine.docker("save", "-o", path + ".new", "tailrace", "base")
        os.rename(path + ".new", path)
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)
    for name in os.listdir(tempfile.gettempdir()):  # Those of earlier builds.
        full = os.path.join(tempfile.gettempdir(), name)
        if re.fullmatch(r"tailrace-image-[0-9a-f]{16}\.tar", name) and full != path:
            os.remove(full)
    return path
