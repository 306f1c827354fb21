"""The part of Go's text/template that the chart uses. What it does not know is an error, never ignored."""
import re


class TemplateError(Exception):
    """A template that cannot be read or run."""


TOKEN = re.compile(r'''\s+|(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<number>-?\d+(?:\.\d+)?)|(?P<assign>:=|=)|
(?P<variable>\$\w*)|(?P<field>\.\w+)|(?P<dot>\.)|(?P<word>[A-Za-z_]\w*)|(?P<sign>[|(),])''', re.X)
ACTION = re.compile(r"\{\{(-\s)?\s*(/\*.*?\*/|(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)\s*(\s-)?\}\}", re.S)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def tokens(text):
    """(kind, value, whether white space stands before it)."""
    at, found, spaced = 0, [], True
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise TemplateError(f"what is {text[at:]!r} in {{{{ {text} }}}}?")
        at = match.end()
        if match.lastgroup is None:
            spaced = True
            continue
        found.append((match.lastgroup, match.group(), spaced))
        spaced = False
    return found


def literal(text):
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", lambda match: ESCAPES[match.group(1)], text[1:-1])


class Pipeline:
    """One action's tokens as nested tuples: ("pipe", names, operator, commands)."""

    def __init__(self, text):
        self.text, self.tokens, self.at = text, tokens(text), 0

    def peek(self, kind=None, value=None):
        if self.at == len(self.tokens):
            return False
        token = self.tokens[self.at]
        return (kind is None or token[0] == kind) and (value is None or token[1] == value)

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self):
        node = self.pipe()
        if self.peek():
            raise TemplateError(f"{self.tokens[self.at][1]!r} is too much in {{{{ {self.text} }}}}")
        return node

    def declared(self):
        """Names of variables and the sign behind them, if the action begins so."""
        start, names = self.at, []
        while self.peek("variable"):
            names.append(self.take()[1])
            if self.peek("assign"):
                return names, self.take()[1]
            if not self.peek("sign", ","):
                break
            self.take()
        self.at = start
        return [], ""

    def pipe(self):
        names, sign = self.declared()
        commands = [self.command()]
        while self.peek("sign", "|"):
            self.take()
            commands.append(self.command())
        return ("pipe", names, sign, commands)

    def command(self):
        operands = []
        while self.peek() and not self.peek("sign", "|") and not self.peek("sign", ")"):
            operands.append(self.operand())
        if not operands:
            raise TemplateError(f"an empty command in {{{{ {self.text} }}}}")
        return operands

    def operand(self):
        kind, value, _ = self.take()
        if kind == "string":
            return ("value", literal(value))
        if kind == "number":
            return ("value", float(value) if "." in value else int(value))
        if kind == "word" and value in ("true", "false", "nil"):
            return ("value", {"true": True, "false": False, "nil": None}[value])
        if kind == "word":
            return ("call", value)
        if kind == "sign" and value == "(":
            node = self.pipe()
            if not self.peek("sign", ")"):
                raise TemplateError(f"a ) is missing in {{{{ {self.text} }}}}")
            self.take()
        elif kind == "variable":
            node = ("variable", value)
        elif kind in ("dot", "field"):
            node = ("dot",)
            if kind == "field":
                node = ("field", node, value[1:])
        else:
            raise TemplateError(f"{value!r} stands where a value should, in {{{{ {self.text} }}}}")
        while self.peek("field") and not self.tokens[self.at][2]:
            node = ("field", node, self.take()[1][1:])
        return node


def pieces(text):
    """Text and actions in turn, with white space trimmed as the dashes say."""
    at, trim = 0, False
    for match in ACTION.finditer(text):
        before = text[at:match.start()]
        before = before.lstrip() if trim else before
        yield "text", before.rstrip() if match.group(1) else before
        if not match.group(2).startswith("/*"):
            yield "action", match.group(2)
        at, trim = match.end(), bool(match.group(3))
    rest = text[at:]
    if "{{" in rest:
        raise TemplateError(f"an action that does not end: {rest[rest.index('{{'):][:60]!r}")
    yield "text", rest.lstrip() if trim else rest


class Parser:
    """A file as nested lists; what it defines goes into `defined`."""

    def __init__(self, text, defined):
        self.pieces, self.at, self.defined = list(pieces(text)), 0, defined

    def whole(self):
        nodes, end = self.nodes()
        if end:
            raise TemplateError(f"{end} ends nothing")
        return nodes

    def nodes(self):
        """Up to an end or else, which is returned with what follows it."""
        found = []
        while self.at < len(self.pieces):
            kind, value = self.pieces[self.at]
            self.at += 1
            if kind == "text":
                if value:
                    found.append(("text", value))
                continue
            word = value.split(None, 1)[0] if value else ""
            rest = value[len(word):].strip()
            if word in ("end", "else"):
                return found, value
            if word in ("if", "with", "range"):
                found.append(self.block(word, rest))
            elif word == "define":
                body, end = self.nodes()
                if end != "end":
                    raise TemplateError(f"define {rest} does not end")
                if literal(rest) in self.defined:
                    raise TemplateError(f"{rest} is defined twice")
                self.defined[literal(rest)] = body
            elif word in ("template", "block", "break", "continue"):
                raise TemplateError(f"{{{{ {word} }}}} is not known here")
            else:
                found.append(("print", Pipeline(value).whole()))
        return found, ""

    def block(self, word, rest):
        body, end = self.nodes()
        other = []
        if end.startswith("else") and end != "else":
            nested, _, condition = end[len("else"):].strip().partition(" ")
            if nested not in ("if", "with"):
                raise TemplateError(f"{{{{ {end} }}}}?")
            return (word, Pipeline(rest).whole(), body, [self.block(nested, condition)])
        if end == "else":
            other, end = self.nodes()
        if end != "end":
            raise TemplateError(f"{{{{ {word} {rest} }}}} does not end")
        return (word, Pipeline(rest).whole(), body, other)


def is_true(value):
    return value is not None and value is not False and value != 0 and value != "" and value != [] and value != {}


def printed(value):
    """As Go prints it. What would be a surprise in YAML is an error."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) < 10**6:
        return str(value)
    if isinstance(value, (int, float)):
        raise TemplateError(f"{value} would be printed as {float(value):e}; use toYaml or int64")
    raise TemplateError(f"{value!r} is printed")


class Run:
    """One execution: functions, definitions and variables."""

    def __init__(self, functions, defined):
        self.functions, self.defined = functions, defined

    def render(self, nodes, dot):
        return self.nodes(nodes, dot, [{"$": dot}])

    def nodes(self, nodes, dot, scopes):
        return "".join(self.node(node, dot, scopes) for node in nodes)

    def node(self, node, dot, scopes):
        if node[0] == "text":
            return node[1]
        if node[0] == "print":
            value = self.pipe(node[1], dot, scopes)
            return "" if node[1][1] else printed(value)
        word, pipeline, body, other = node
        if word == "range":
            return self.range(node, dot, scopes)
        inner = scopes + [{}]
        value = self.pipe(pipeline, dot, inner)
        if not is_true(value):
            return self.nodes(other, dot, inner)
        return self.nodes(body, value if word == "with" else dot, inner)

    def range(self, node, dot, scopes):
        _, (_, names, sign, commands), body, other = node
        over = self.pipe(("pipe", [], "", commands), dot, scopes)
        if not is_true(over):
            return self.nodes(other, dot, scopes + [{}])
        if not isinstance(over, (list, dict)):
            raise TemplateError(f"range over {over!r}")
        items = sorted(over.items()) if isinstance(over, dict) else list(enumerate(over))
        text = ""
        for key, value in items:
            inner = scopes + [dict(zip(names, (key, value) if len(names) == 2 else (value,)))]
            text += self.nodes(body, value, inner + [{}])
        return text

    def pipe(self, node, dot, scopes):
        _, names, sign, commands = node
        value, given = None, []
        for command in commands:
            value = self.command(command, given, dot, scopes)
            given = [value]
        for name in names:
            self.assign(name, sign, value, scopes)
        return value

    @staticmethod
    def assign(name, sign, value, scopes):
        if sign == ":=":
            scopes[-1][name] = value
            return
        for scope in reversed(scopes):
            if name in scope:
                scope[name] = value
                return
        raise TemplateError(f"{name} is not declared")

    def command(self, operands, given, dot, scopes):
        first = operands[0]
        if first[0] != "call":
            value = self.operand(first, dot, scopes)
            arguments = [self.operand(each, dot, scopes) for each in operands[1:]] + given
            if callable(value):
                return value(*arguments)
            if arguments:
                raise TemplateError(f"{first} is no function")
            return value
        name = first[1]
        if name in ("and", "or"):
            return self.shortest(name, operands[1:], given, dot, scopes)
        if name not in self.functions:
            raise TemplateError(f"the function {name} is not known here")
        arguments = [self.operand(each, dot, scopes) for each in operands[1:]] + given
        try:
            return self.functions[name](self, *arguments)
        except TypeError as error:
            raise TemplateError(f"{name}: {error}") from error

    def shortest(self, name, operands, given, dot, scopes):
        value = None
        for each in operands + [("value", value) for value in given]:
            value = self.operand(each, dot, scopes)
            if is_true(value) != (name == "and"):
                break
        return value

    def operand(self, node, dot, scopes):
        if node[0] == "value":
            return node[1]
        if node[0] == "dot":
            return dot
        if node[0] == "pipe":
            return self.pipe(node, dot, scopes)
        if node[0] == "call":
            return self.command([node], [], dot, scopes)
        if node[0] == "variable":
            for scope in reversed(scopes):
                if node[1] in scope:
                    return scope[node[1]]
            raise TemplateError(f"{node[1]} is not declared")
        over = self.operand(node[1], dot, scopes)
        if not isinstance(over, dict):
            raise TemplateError(f".{node[2]} of {over!r}")
        return over.get(node[2])
