#!/usr/bin/env python3
"""Makes the .rpm, looks into it and installs it into an empty folder: rpm_test.py BUILD-FOLDER

BUILD-FOLDER is that of the preset release, built. Needs root, rpm and rpmbuild; what is missing is
said, and the exit status is 77. Fedora's own rpm database and libraries are not at hand, so that it
starts there is not tested."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from rig import missing_peer  # pylint: disable=wrong-import-position

FILES = {
    "/etc/default/tailrace", "/etc/tailrace/config.yml", "/usr/bin/tailrace",
    "/usr/lib/systemd/system/tailrace.service", "/usr/lib/sysusers.d/tailrace.conf",
    "/usr/share/bash-completion/completions/tailrace",
    "/usr/share/fish/vendor_completions.d/tailrace.fish", "/usr/share/man/man1/tailrace.1.gz",
    "/usr/share/man/man5/tailrace.yaml.5.gz", "/usr/share/zsh/site-functions/_tailrace",
    "/usr/share/doc/tailrace/LICENSE",
}


def must(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}")
    return done.stdout


class Rpm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tailrace-rpm-")
        must("cpack", "-G", "RPM", "-B", cls.folder, cwd=BUILD)
        cls.package, = glob.glob(cls.folder + "/*.rpm")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_it_has_everything_and_owns_no_folder_of_the_system(self):
        listed = set(must("rpm", "-qlp", self.package).split())
        self.assertLessEqual(FILES, listed)
        for folder in ("/etc", "/etc/default", "/usr", "/usr/bin", "/usr/lib/systemd",
                       "/usr/lib/systemd/system", "/usr/lib/sysusers.d", "/usr/share/man/man1",
                       "/usr/share/man/man5", "/usr/share/zsh"):
            self.assertNotIn(folder, listed)

    def test_it_keeps_configuration_files(self):
        self.assertEqual({"/etc/default/tailrace", "/etc/tailrace/config.yml"},
                         set(must("rpm", "-qp", "--configfiles", self.package).split()))

    def test_it_needs_libraries_and_no_development_files(self):
        needs = must("rpm", "-qp", "--requires", self.package)
        self.assertIn("libmicrohttpd.so", needs)
        self.assertIn("libc.so", needs)
        self.assertNotRegex(needs, "-devel|-dev")

    def test_it_installs_into_an_empty_folder_and_the_program_runs(self):
        root = os.path.join(self.folder, "root")
        os.makedirs(root + "/etc")
        must("rpm", "-i", "--nodeps", "--noscripts", "--root", root, self.package)
        for path in FILES:
            self.assertTrue(os.path.exists(root + path), path)
        # On the libraries of this machine, which are those that it was built with.
        self.assertIn("tailrace, version", must(root + "/usr/bin/tailrace", "-version"))
        must("rpm", "-e", "--nodeps", "--noscripts", "--root", root, "tailrace")
        self.assertFalse(os.path.exists(root + "/usr/bin/tailrace"))
        self.assertFalse(os.path.exists(root + "/etc/tailrace"))


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    for tool in ("rpm", "rpmbuild", "cpack"):
        if shutil.which(tool) is None:
            sys.exit(missing_peer(tool))
    if os.geteuid() != 0:
        sys.exit(missing_peer("root"))
    unittest.main(verbosity=2)
