"""A strict reader of HTML."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input"}


class Strict(HTMLParser):
    """Fails if tags are not closed in order, and stores the tags."""

    def __init__(self):
        super().__init__()
        self.open, self.found = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(text):
    """Every tag with its attributes."""
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return parser.found
