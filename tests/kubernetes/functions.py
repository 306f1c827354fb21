"""The functions of sprig and Helm that the chart uses."""
import base64
import hashlib
import re

import yaml

from go_template import Parser, TemplateError, is_true, printed


class Dumper(yaml.SafeDumper):
    """Writes as Helm's toYaml: keys in order, texts of several lines as blocks."""

    def ignore_aliases(self, data):
        return True


def text_node(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, text_node)


def to_yaml(value):
    text = yaml.dump(value, Dumper=Dumper, default_flow_style=False, width=10**6, allow_unicode=True)
    return re.sub(r"\n\.\.\.\n$", "\n", text).rstrip("\n")


def indent(_, count, text):
    return "\n".join(" " * count + line for line in text.split("\n"))


def quote(_, value):
    return '"' + re.sub(r'(["\\])', r"\\\1", printed(value)).replace("\n", "\\n") + '"'


def fail(_, message):
    raise TemplateError("refused: " + message)


def go_printf(_, form, *values):
    verbs = re.findall(r"%[^%]", form)
    if set(verbs) - {"%s", "%d", "%v", "%q"} or len(verbs) != len(values):
        raise TemplateError(f"printf {form!r} of {len(values)}")
    rest = list(values)

    def one(match):
        if match.group() == "%%":
            return "%"
        value = rest.pop(0)
        return quote(None, value) if match.group() == "%q" else printed(value)
    return re.sub(r"%.", one, form)


def include(run, name, dot):
    if name not in run.defined:
        raise TemplateError(f"include {name!r}: it is defined nowhere")
    return run.render(run.defined[name], dot)


def tpl(run, text, dot):
    return run.render(Parser(text, run.defined).whole(), dot)


def kind_is(_, kind, value):
    kinds = {"invalid": type(None), "string": str, "map": dict, "slice": list, "bool": bool}
    if kind not in kinds:
        raise TemplateError(f"kindIs {kind!r} is not known here")
    return isinstance(value, kinds[kind])


def to_dict(_, *pairs):
    if len(pairs) % 2:
        raise TemplateError("dict of an odd number")
    return dict(zip(pairs[::2], pairs[1::2]))


def concat(_, *lists):
    if not all(isinstance(each, list) for each in lists):
        raise TemplateError("concat of what is no list")
    return [item for each in lists for item in each]


FUNCTIONS = {
    "include": include, "tpl": tpl, "fail": fail, "printf": go_printf, "quote": quote,
    "toYaml": lambda _, value: to_yaml(value),
    "indent": indent,
    "nindent": lambda run, count, text: "\n" + indent(run, count, text),
    "default": lambda _, fallback, value=None: value if is_true(value) else fallback,
    "eq": lambda _, first, *others: any(first == other for other in others),
    "ne": lambda _, first, other: first != other,
    "not": lambda _, value: not is_true(value),
    "hasKey": lambda _, over, key: key in over,
    "trunc": lambda _, count, text: text[:count],
    "trimSuffix": lambda _, end, text: text[:-len(end)] if end and text.endswith(end) else text,
    "replace": lambda _, old, new, text: text.replace(old, new),
    "lower": lambda _, text: text.lower(),
    "contains": lambda _, part, text: part in text,
    "hasPrefix": lambda _, start, text: text.startswith(start),
    "hasSuffix": lambda _, end, text: text.endswith(end),
    "b64enc": lambda _, text: base64.b64encode(text.encode()).decode(),
    "sha256sum": lambda _, text: hashlib.sha256(text.encode()).hexdigest(),
    "sub": lambda _, first, other: first - other,
    "toString": lambda _, value: printed(value),
    "len": lambda _, value: len(value),
    "int": lambda _, value: int(value),
    "kindIs": kind_is, "dict": to_dict, "concat": concat,
    "list": lambda _, *items: list(items),
    "omit": lambda _, over, *keys: {key: value for key, value in over.items() if key not in keys},
}
