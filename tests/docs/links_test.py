#!/usr/bin/env python3
"""Links of the documents lead to files and headings that exist, and every page can be reached."""
import os
import unittest

from pages import ROOT, anchors, documents, links

INDEX = "docs/README.md"


def resolve(page, target):
    """(path below ROOT, anchor) of a link that does not leave the project; None: it does."""
    if "://" in target or target.startswith("mailto:"):
        return None
    path, _, anchor = target.partition("#")
    return (os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page), anchor


class Links(unittest.TestCase):
    def test_every_link_leads_to_a_file_and_heading(self):
        checked = 0
        for page in documents():
            for line, target in links(page):
                place = resolve(page, target)
                if place is None:
                    continue
                path, anchor = place
                checked += 1
                with self.subTest(place=f"{page}:{line}", target=target):
                    exists = os.path.exists(os.path.join(ROOT, path))
                    self.assertTrue(exists, "no such file")
                    if anchor and exists and path.endswith(".md"):
                        self.assertIn(anchor, anchors(path), "no such heading")
        self.assertGreater(checked, 100)

    def test_every_page_can_be_reached_from_the_index(self):
        reached, next_ones = {INDEX}, [INDEX]
        while next_ones:
            page = next_ones.pop()
            for _, target in links(page):
                path = (resolve(page, target) or ("", ""))[0]
                if path.endswith(".md") and path not in reached and \
                        os.path.exists(os.path.join(ROOT, path)):
                    reached.add(path)
                    next_ones.append(path)
        self.assertEqual(set(documents()) - reached, set())


if __name__ == "__main__":
    unittest.main()
