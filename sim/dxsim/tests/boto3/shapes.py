"""Judges the raw body of every answer against Amazon's published model of the operation.

botocore drops what it does not know; here an unknown member, a wrong type, an enum value that the
model does not list or a missing required member is a failure.
"""

import base64
import binascii
import datetime
import json
import re
import xml.etree.ElementTree as ET


def judge(operation, body, content_type):
    """Returns the list of differences between a successful answer and the operation's output."""
    shape = operation.output_shape
    protocol = operation.service_model.metadata["protocol"]
    if "json" in content_type:
        found = json.loads(body or b"{}")
        return [] if shape is None and found == {} else list(_json(shape, found, "$"))
    root = ET.fromstring(body)
    if protocol == "ec2":
        return list(_ec2_root(operation, shape, root))
    return list(_query_root(operation, shape, root))


# JSON (Direct Connect)


def _json(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: expected an object, found {value!r}"
            return
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}.{name}: no such member in {shape.name}"
            elif member is not None:
                yield from _json(shape.members[name], member, f"{path}.{name}")
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{path}.{name}: required member is absent"
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: expected a list, found {value!r}"
            return
        for index, member in enumerate(value):
            yield from _json(shape.member, member, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path}: expected a map, found {value!r}"
            return
        for key, member in value.items():
            yield from _json(shape.value, member, f"{path}[{key}]")
    else:
        yield from _json_scalar(shape, value, path)


def _json_scalar(shape, value, path):
    kind = shape.type_name
    fits = {
        "string": lambda: isinstance(value, str),
        "integer": lambda: isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31,
        "long": lambda: isinstance(value, int) and not isinstance(value, bool),
        "boolean": lambda: isinstance(value, bool),
        "double": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        "float": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        "timestamp": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        "blob": lambda: isinstance(value, str) and _is_base64(value),
    }[kind]
    if not fits():
        yield f"{path}: expected {kind}, found {value!r}"
    elif kind == "string":
        yield from _text(shape, value, path)


def _text(shape, value, path):
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is not one of {list(allowed)}"
    least = shape.metadata.get("min")
    most = shape.metadata.get("max")
    if least is not None and len(value) < least or most is not None and len(value) > most:
        yield f"{path}: {value!r} is not {least}..{most} characters long"
    pattern = shape.metadata.get("pattern")
    if pattern and "\\p" not in pattern and not re.match(pattern, value):
        yield f"{path}: {value!r} does not match {pattern}"


def _is_base64(value):
    try:
        base64.b64decode(value, validate=True)
        return True
    except binascii.Error:
        return False


# XML (EC2, STS)


def _local(element):
    return element.tag.rsplit("}", 1)[-1]


def _ec2_root(operation, shape, root):
    expected = f"{{http://ec2.amazonaws.com/doc/2016-11-15/}}{operation.name}Response"
    if root.tag != expected:
        yield f"root is {root.tag}, expected {expected}"
    children = [child for child in root if _local(child) != "requestId"]
    if len(children) == len(root):
        yield "requestId is absent"
    if shape is None:
        if [(_local(c), c.text) for c in children] not in ([("return", "true")], []):
            yield "an operation without output answers <return>true</return>"
        return
    yield from _xml_members(shape, children, "$", ec2=True)


def _query_root(operation, shape, root):
    namespace = operation.service_model.metadata["xmlNamespace"]
    expected = f"{{{namespace}}}{operation.name}Response"
    if root.tag != expected:
        yield f"root is {root.tag}, expected {expected}"
    names = [_local(child) for child in root]
    wrapper = shape.serialization["resultWrapper"]
    if names != [wrapper, "ResponseMetadata"]:
        yield f"children are {names}, expected [{wrapper}, ResponseMetadata]"
        return
    yield from _xml_members(shape, list(root[0]), "$", ec2=False)


def _xml_members(shape, children, path, ec2):
    by_name = {}
    for name, member in shape.members.items():
        by_name[member.serialization.get("name", name)] = member
    for child in children:
        name = _local(child)
        if name not in by_name:
            yield f"{path}.{name}: no such member in {shape.name}"
        else:
            yield from _xml(by_name[name], child, f"{path}.{name}", ec2)
    seen = [_local(child) for child in children]
    for name in sorted(set(seen)):
        if seen.count(name) > 1:
            yield f"{path}.{name}: given {seen.count(name)} times"


def _xml(shape, element, path, ec2):
    kind = shape.type_name
    if kind == "structure":
        yield from _xml_members(shape, list(element), path, ec2)
    elif kind == "list":
        expected = shape.member.serialization.get("name", "item" if ec2 else "member")
        for index, child in enumerate(element):
            if _local(child) != expected:
                yield f"{path}: list member <{_local(child)}>, expected <{expected}>"
            else:
                yield from _xml(shape.member, child, f"{path}[{index}]", ec2)
    else:
        if len(element):
            yield f"{path}: expected {kind}, found elements"
            return
        yield from _xml_scalar(shape, element.text or "", path)


def _xml_scalar(shape, text, path):
    kind = shape.type_name
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            yield f"{path}: expected {kind}, found {text!r}"
    elif kind == "boolean":
        if text not in ("true", "false"):
            yield f"{path}: expected boolean, found {text!r}"
    elif kind == "timestamp":
        try:
            datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            yield f"{path}: expected an ISO 8601 time, found {text!r}"
    elif kind == "string":
        yield from _text(shape, text, path)
