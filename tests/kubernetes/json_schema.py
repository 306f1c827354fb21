"""The words of JSON Schema that values.schema.json uses; another word is an error."""
import json
import re

WORDS = {"$schema", "type", "properties", "additionalProperties", "required", "items", "minItems", "enum", "pattern",
         "minimum", "maximum"}
TYPES = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}


def load(text):
    schema = json.loads(text)
    check(schema, "")
    return schema


def check(schema, place):
    unknown = set(schema) - WORDS
    if unknown:
        raise ValueError(f"{place or '.'}: words that are not known here: {sorted(unknown)}")
    for key, inner in schema.get("properties", {}).items():
        check(inner, f"{place}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            check(schema[key], f"{place}.{key}")


def is_a(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def faults(schema, value, place=""):
    """What is wrong with the value, a text each."""
    where = place or "the values"
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(is_a(value, kind) for kind in kinds):
        return [f"{where} is no {' or '.join(kinds)}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of {schema['enum']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{where} does not look like {schema['pattern']}")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{where} is out of range")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            found.append(f"{where} has too few items")
        for number, item in enumerate(value):
            found += faults(schema.get("items", {}), item, f"{place}[{number}]")
    if isinstance(value, dict):
        found += faults_of_object(schema, value, place)
    return found


def faults_of_object(schema, value, place):
    where = place or "the values"
    found = [f"{where} has no {key}" for key in schema.get("required", []) if key not in value]
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, inner in value.items():
        name = f"{place}.{key}".lstrip(".")
        if key in known:
            found += faults(known[key], inner, name)
        elif others is False:
            found.append(f"{name} is not known")
        elif others is not True:
            found += faults(others, inner, name)
    return found
