"""Edits of YAML text that touch the lines they change, and no other line."""

from gto.exceptions import BadFile
from gto.yamldoc.dump import Style, render_block, render_flow, render_pair, render_scalar
from gto.yamldoc.nodes import Mapping, Node, Pair, Scalar, Sequence, find
from gto.yamldoc.scalars import resolve
from gto.yamldoc.source import YamlSource

BY_HAND = "edit the file by hand"

Keys = tuple[str, ...]


def put(text: str, file: str, keys: Keys, value: object) -> str:
    """Set the value that `keys` lead to, through mappings that are made where they are missing."""
    sheet = YamlSource.of(text, file)
    style = sheet.style(sheet.find(keys[:1]))
    node, holder, flow = sheet.root, None, False
    for depth, key in enumerate(keys):
        if node is None or _is_empty(node):
            return _fill(sheet, holder, _nest(keys[depth:], value), None if flow else style)
        pair = find(_mapping(sheet, node), key)
        flow = flow or _mapping(sheet, node).flow
        if pair is None:
            return _append(sheet, _mapping(sheet, node), {key: _nest(keys[depth + 1 :], value)}, style)
        node, holder = pair.value, pair
    return sheet.text if holder is None else _replace(sheet, holder, value, None if flow else style)


def put_items(text: str, file: str, keys: Keys, items: list[str]) -> str:
    """Set a list of texts; lines of the old list move with the comments that follow them."""
    sheet = YamlSource.of(text, file)
    node = sheet.find(keys)
    if isinstance(node, Sequence) and not node.flow and _has_an_item_a_line(sheet, node):
        return _arrange(sheet, node, items)
    return put(text, file, keys, items)


def drop(text: str, file: str, keys: Keys) -> str:
    """Remove the pair that `keys` lead to, with the comments inside it."""
    sheet = YamlSource.of(text, file)
    mapping = _mapping(sheet, sheet.find(keys[:-1]))
    pair = find(mapping, keys[-1])
    if pair is None:
        raise BadFile(file, f"'{keys[-1]}' is not written out", mapping.place.line, BY_HAND)
    if mapping.flow:
        return _drop_in_braces(sheet, mapping, pair)
    start = sheet.line_start(pair.key.place.start)
    end = sheet.skip_comments(sheet.line_end(pair.value.place.end), pair.key.place.start - start)
    blank = sheet.newline()
    while text.startswith(blank, end) and (not start or text.endswith(blank * 2, 0, start)):
        end += len(blank)  # one blank line between two parts, as before
    return text[:start] + text[end:]


def _mapping(sheet: YamlSource, node: Node | None) -> Mapping:
    if isinstance(node, Mapping):
        return node
    line = node.place.line if node else None
    raise BadFile(sheet.file, "a mapping that is written out was expected", line, BY_HAND)


def _is_empty(node: Node) -> bool:
    match node:
        case Scalar():
            return node.tag is None and resolve(node.text) is None
        case Mapping():
            return not node.pairs
        case _:
            return False


def _nest(keys: Keys, value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _append(sheet: YamlSource, mapping: Mapping, pair: dict[str, object], style: Style) -> str:
    end = mapping.place.end
    if mapping.flow:
        end = mapping.pairs[-1].value.place.end
        return f"{sheet.text[:end]}, {render_flow(pair)[1:-1]}{sheet.text[end:]}"
    column = sheet.column(mapping.pairs[0].key.place.start)
    return sheet.insert_lines(sheet.line_end(end), render_block(pair, style), column)


def _fill(sheet: YamlSource, holder: Pair | None, value: object, style: Style | None) -> str:
    """Put a mapping where nothing is, or `{}`, or `null`; without a style it is one in braces."""
    node = holder.value if holder else sheet.root
    if node is None:
        return sheet.insert_lines(len(sheet.text), render_block(value, Style()), 0)
    start, end = node.place.start, node.place.end
    head, tail = sheet.text[:start], sheet.text[end:]
    if style is None:
        return f"{head}{_space(head)}{render_flow(value)}{tail}"
    lines = render_block(value, style)
    if holder:
        cut = YamlSource(head.rstrip(" ") + tail, sheet.file, None)
        column = sheet.column(holder.key.place.start) + style.step
        return cut.insert_lines(cut.line_end(len(head.rstrip(" "))), lines, column)
    if start == end:
        return sheet.insert_lines(sheet.line_end(start), lines, 0)
    return head + (style.newline if sheet.column(start) else "") + style.newline.join(lines) + tail


def _replace(sheet: YamlSource, pair: Pair, value: object, style: Style | None) -> str:
    place = pair.value.place
    after_colon = sheet.text.find(":", pair.key.place.end) + 1
    tail = sheet.text[place.end :]
    if isinstance(value, dict | list) and value and style:
        _, *lines = render_pair("", value, style)
        column = sheet.column(pair.key.place.start)
        return sheet.text[:after_colon] + "".join(sheet.newline() + " " * column + line for line in lines) + tail
    quote = pair.value.style if isinstance(pair.value, Scalar) and pair.value.style in {"'", '"'} else ""
    inline = render_scalar(value, quote) if isinstance(value, str) else render_flow(value)
    if isinstance(pair.value, Mapping | Sequence) and not pair.value.flow:
        return f"{sheet.text[:after_colon]} {inline}{tail}"
    head = sheet.text[: place.start]
    return head + _space(head) + inline + tail


def _space(head: str) -> str:
    return " " if head.endswith(":") else ""


def _drop_in_braces(sheet: YamlSource, mapping: Mapping, pair: Pair) -> str:
    index = mapping.pairs.index(pair)
    start, end = pair.key.place.start, pair.value.place.end
    if index + 1 < len(mapping.pairs):
        end = mapping.pairs[index + 1].key.place.start
    elif index:
        start = mapping.pairs[index - 1].value.place.end
    return sheet.text[:start] + sheet.text[end:]


def _has_an_item_a_line(sheet: YamlSource, sequence: Sequence) -> bool:
    starts = (item.place.start for item in sequence.items)
    return all(sheet.text[sheet.line_start(start) : start].strip() == "-" for start in starts)


def _arrange(sheet: YamlSource, sequence: Sequence, items: list[str]) -> str:
    starts = [sheet.line_start(item.place.start) for item in sequence.items]
    ends = [*starts[1:], sheet.line_end(sequence.place.end)]
    dash = sheet.text[starts[0] : sequence.items[0].place.start]
    lines = {item: dash + render_scalar(item) for item in items}
    for item, start, end in zip(reversed(sequence.items), reversed(starts), reversed(ends), strict=True):
        if isinstance(item, Scalar):
            lines[item.text] = sheet.text[start:end]
    newline = sheet.newline()
    block = "".join(line if line.endswith(newline) else line + newline for line in (lines[item] for item in items))
    tail = sheet.text[ends[-1] :]
    ended = sheet.text[: ends[-1]].endswith(newline)
    return sheet.text[: starts[0]] + (block if ended else block.removesuffix(newline)) + tail
