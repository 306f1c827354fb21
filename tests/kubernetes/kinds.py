"""Checks objects against schema/kinds.txt: unknown keys and wrong values are faults."""
import os
import re

NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]*[a-z0-9])?")
QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_port(value):
    return is_int(value) and 1 <= value <= 65535


def is_port_name(value):
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?", value))


def fits(pattern):
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


SIMPLE = {
    "string": lambda value: isinstance(value, str),
    "base64": fits(re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: is_int(value) and value >= 0,
    "port": is_port,
    "portname": is_port_name,
    "portref": lambda value: is_port(value) or is_port_name(value),
    "name": lambda value: fits(NAME)(value) and len(value) <= 253,
    "dnslabel": fits(re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")),
    "label": fits(LABEL),
    "path": lambda value: isinstance(value, str) and value.startswith("/"),
    "amount": lambda value: is_int(value) or fits(re.compile(r"\d+%"))(value),
    "quantity": lambda value: is_int(value) or isinstance(value, float) or fits(QUANTITY)(value),
}


def read(path):
    """({(kind, apiVersion): fields}, {type: (fields, one of)}); fields are {name: (type, required)}."""
    kinds, types, fields = {}, {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("  "):
                name, _, kind = line.strip().partition(": ")
                fields[name.rstrip("!")] = (kind, name.endswith("!"))
                continue
            words, fields = line.split(), {}
            if words[0] == "type":
                types[words[1]] = (fields, words[2:] == ["one", "of"])
            else:
                kinds[(words[0], words[1])] = fields
    return kinds, types


class Kinds:
    """What may stand where."""

    def __init__(self, path=os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema", "kinds.txt")):
        self.kinds, self.types = read(path)
        for fields in [*self.kinds.values(), *(fields for fields, _ in self.types.values())]:
            for kind, _ in fields.values():
                bare = kind.strip("[]{}")
                if bare not in SIMPLE and bare not in self.types and not re.search(r"\||^[A-Z]\w+$", bare):
                    raise ValueError(f"{kind} is no type")

    def faults(self, thing):
        """Of a whole object; a text each."""
        if not isinstance(thing, dict):
            return [f"{thing!r} is no object"]
        key = (thing.get("kind"), thing.get("apiVersion"))
        if key not in self.kinds:
            return [f"{key[0]} of {key[1]} is not known"]
        rest = {name: value for name, value in thing.items() if name not in ("kind", "apiVersion")}
        return self.of_fields(self.kinds[key], rest, key[0])

    def of_fields(self, fields, value, place):
        if not isinstance(value, dict):
            return [f"{place} is no map: {value!r}"]
        found = [f"{place}.{name} is not known" for name in value if name not in fields]
        for name, (kind, required) in fields.items():
            if name in value:
                found += self.of_type(kind, value[name], f"{place}.{name}")
            elif required:
                found.append(f"{place}.{name} is missing")
        return found

    def of_type(self, kind, value, place):
        if kind.startswith("["):
            if not isinstance(value, list):
                return [f"{place} is no list: {value!r}"]
            return [each for number, item in enumerate(value)
                    for each in self.of_type(kind[1:-1], item, f"{place}[{number}]")]
        if kind.startswith("{"):
            if not isinstance(value, dict):
                return [f"{place} is no map: {value!r}"]
            keys = [f"{place}: the key {key!r}" for key in value
                    if not isinstance(key, str) or (kind == "{label}" and not LABEL_KEY.fullmatch(key))]
            return keys + [each for key, item in value.items()
                           for each in self.of_type(kind[1:-1], item, f"{place}[{key}]")]
        if kind in self.types:
            fields, one_of = self.types[kind]
            found = self.of_fields(fields, value, place)
            if one_of and not found and len(value) != 1:
                found.append(f"{place} must have one of {sorted(fields)}")
            return found
        good = SIMPLE[kind](value) if kind in SIMPLE else value in kind.split("|")
        return [] if good else [f"{place} is no {kind}: {value!r}"]
