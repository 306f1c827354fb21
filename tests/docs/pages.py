"""What the documents consist of: fences with their marks, links, anchors."""
import os
import re

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# ```sh needs=docker: what tests do not have, and the command is not run. Another word is a fault.
NEEDS = {
    "build": "compilers and minutes; the tests themselves begin so",
    "packages": "installs packages of the system",
    "installation": "tailrace or Promtail installed as a service",
    "systemd": "a systemd that runs",
    "docker": "a Docker daemon and images",
    "kubernetes": "a cluster, kubectl or helm",
    "journal": "a systemd journal with entries",
    "network": "machines elsewhere",
    "loki": "a real Loki and its client",
    "prometheus": "a Prometheus or its promtool",
    "minutes": "more time than a test should take",
    "release": "rights on the project's repository",
}


def documents():
    """Paths below ROOT of what users and contributors read."""
    found = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"]
    found = [name for name in found if os.path.exists(os.path.join(ROOT, name))]
    for folder, folders, names in os.walk(os.path.join(ROOT, "docs")):
        folders.sort()
        found += [os.path.relpath(os.path.join(folder, name), ROOT)
                  for name in sorted(names) if name.endswith(".md")]
    return found


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Fence:
    """A fenced block: its place, language, marks (needs=docker), the comment above and its text."""

    def __init__(self, page, line, info, above):
        words = info.split()
        self.page = page
        self.line = line
        self.language = words[0] if words and "=" not in words[0] else ""
        self.marks = dict(word.split("=", 1) for word in words if "=" in word)
        comment = re.fullmatch(r"<!-- (\w+): (\S+) -->", above.strip())
        self.comment = comment.groups() if comment else ("", "")
        self.text = ""

    def place(self):
        return f"{self.page}:{self.line}"

    def file_name(self):
        """What file this is the content of: <!-- file: x --> above, or `# x.yaml` as first line."""
        if self.comment[0] == "file":
            return self.comment[1]
        named = re.match(r"# (\S+\.(?:yaml|yml))\n", self.text)
        return named.group(1) if named else ""


def fences(page):
    found = []
    open_fence, indent, above = None, "", ""
    for number, line in enumerate(read(page).split("\n"), 1):
        if open_fence:
            if line.strip() == "```":
                open_fence, above = None, ""
            else:
                cut = line[len(indent):] if line.startswith(indent) else line.lstrip()
                open_fence.text += cut + "\n"
            continue
        begin = re.match(r"( *)```(.*)$", line)
        if begin:
            indent = begin.group(1)
            open_fence = Fence(page, number, begin.group(2), above)
            found.append(open_fence)
        elif line.strip():
            above = line
    return found


def prose(page):
    """The lines outside of fences, with their numbers."""
    inside = False
    for number, line in enumerate(read(page).split("\n"), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def inline_code(page):
    for number, line in prose(page):
        for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", line):
            yield number, code


def anchors(page):
    """What #... may name on a page, as GitHub makes it of headings."""
    found = set()
    for _, line in prose(page):
        heading = re.match(r"#{1,6} +(.*?) *$", line)
        if heading:
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.group(1))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            name, n = slug, 0
            while name in found:
                n += 1
                name = f"{slug}-{n}"
            found.add(name)
        found.update(re.findall(r'<a id="([^"]+)">', line))
    return found


def links(page):
    """(line, target) of each link and picture."""
    for number, line in prose(page):
        without_code = re.sub(r"`[^`]*`", "", line)
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
            yield number, target
