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
                    self.assertTrue(os.path.exists(os.path.join(ROOT, path)), "no such file")
                    if anchor and path.endswith(".md"):
                        self.assertIn(anchor, anchors(path), "no such heading")
        self.assertGreater(checked, 100)

    def test_the_index_names_every_page_and_example(self):
        named = {resolve(INDEX, target)[0] for _, target in links(INDEX) if resolve(INDEX, target)}
        folders = {name for name in named if os.path.isdir(os.path.join(ROOT, name))}
        for page in documents():
            if page == INDEX or os.path.basename(page) == "README.md":
                continue
            with self.subTest(page=page):
                self.assertTrue(page in named or os.path.dirname(page) in folders,
                                f"{INDEX} does not lead to it")


if __name__ == "__main__":
    unittest.main()
