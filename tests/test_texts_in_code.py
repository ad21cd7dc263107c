"""Every text that a person sees passes through the catalogue, and can be translated as it stands there.

Read from the code itself, so that a text is found also where no test ever shows it.
"""

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from timekpr_mngr import errors, texts

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "timekpr_mngr"
FILES = sorted(PACKAGE.rglob("*.py"))
NODES = {str(file.relative_to(PACKAGE)): list(ast.walk(ast.parse(file.read_text("utf-8")))) for file in FILES}

MARKS = {"_", "noop", "counted"}
PROBLEMS = {
    name: (0,)
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.TimekprMngrError)
} | {"Invalid": (1,), "ServerFailure": (1, 2)}
ON_PAGES = {
    # elements, and our own parts
    "button": (0,),
    "card": (0, 1),
    "checkbox": (0,),
    "confirm": (0, 1, 2),
    "empty": (1, 2, 3),
    "expansion": (0,),
    "input": (0,),
    "label": (0,),
    "link": (0,),
    "link_button": (0,),
    "menu_item": (0,),
    "named": (1,),
    "Notice": (1, 2),
    "notify": (0,),
    "page_title": (0,),
    "Segments": (0,),
    "Stat": (0,),
    "switch": (0,),
    "text": (1,),
    "textarea": (0,),
    "tooltip": (0,),
    # pages without script
    "plain_page": (0, 1, 2),
    "Form": (1,),
    "Field": (1,),
    # what has names alone
    "radio": (),
    "select": (),
    "show": (),
    "upload": (),
}
ELSEWHERE = PROBLEMS | {"Check": (2, 3), "print": (0,), "BadParameter": (0,), "prompt": (0,)}
"""What a person sees of what these are called with: positions of arguments."""
BY_NAME = {"label", "placeholder", "explanation", "hint", "fix", "problem", "title"}
"""What a person sees of what calls of pages are given by name; of a button, its name too."""
ATTRIBUTES = re.compile(r"""\b(?:aria-label|title|placeholder|label|alt)=["']?[^"'{\s]*[^\W\d_]{2}""")
SENTENCE = re.compile(r"[A-Z][\w'’-]* [^<>=]*[a-z][.!?…]")
WORD = re.compile(r"[^\W\d_]{2}")

NAMES = {"timekpr-mngr", "timekpr-next", "PlayTime", "minecraft-launcher"}
"""What is called the same in every language."""

NOT_SHOWN = {
    "link/bus.py": "what is wrong with a message of the bus: protocol, for whoever looks into it",
    "timekpr/interface.py": "what is wrong with an answer of timekprd: protocol, for whoever looks into it",
    "integrations/metrics.py": "what metrics mean, for those who write queries: in English, as in all programs",
    "simulator/": "what a pretend computer says, in the words of the real ones",
    "web/api/models.py": "the description of REST, which is in English",
    "web/api/openapi.py": "the description of REST, which is in English",
    "web/api/__init__.py": "the description of REST, which is in English",
    "cli/past.py": "what happened in the demo",
    "cli/story.py": "what happened in the demo",
}


def _is_shown(file: str) -> bool:
    return not file.startswith(tuple(NOT_SHOWN))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _calls(nodes: list[ast.AST]) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call))


def _literals(node: ast.AST) -> Iterator[str]:
    """The words that stand in an expression and did not pass through the catalogue."""
    match node:
        case ast.Constant(value=str(words)):
            yield words
        case ast.JoinedStr(values=values):
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield from _literals(value.value)
                else:
                    yield from _literals(value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _literals(value)
        case ast.BinOp(left=left, right=right):
            yield from _literals(left)
            yield from _literals(right)
        case ast.Call(func=ast.Attribute(value=template, attr="format")):
            yield from _literals(template)


def _untranslated(words: Iterable[str]) -> list[str]:
    found = []
    for word in words:
        rest = word
        for name in NAMES:
            rest = rest.replace(name, "")
        if WORD.search(rest):
            found.append(word)
    return found


def _seen_of(call: ast.Call, file: str) -> Iterator[ast.AST]:
    """The arguments that a person sees."""
    shown = ELSEWHERE | ON_PAGES if file.startswith("web/") else ELSEWHERE
    name = _name(call)
    for position in shown.get(name, ()):
        if position < len(call.args):
            yield call.args[position]
    if name in shown:
        by_name = BY_NAME | {"name"} if name == "button" else BY_NAME
        yield from (keyword.value for keyword in call.keywords if keyword.arg in by_name)


def _places(found: Iterable[tuple[str, int, object]]) -> str:
    return "\n".join(f"src/timekpr_mngr/{file}:{line}: {what}" for file, line, what in found)


def test_no_text_that_is_shown_passes_by_the_catalogue() -> None:
    found = [
        (file, call.lineno, words)
        for file, nodes in NODES.items()
        if _is_shown(file)
        for call in _calls(nodes)
        for seen in _seen_of(call, file)
        for words in _untranslated(_literals(seen))
    ]
    assert not found, _places(found)


def test_no_attribute_that_is_shown_or_read_out_passes_by_the_catalogue() -> None:
    found = [
        (file, node.lineno, node.value)
        for file, nodes in NODES.items()
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ATTRIBUTES.search(node.value)
    ]
    assert not found, _places(found)


def test_no_sentence_passes_by_the_catalogue() -> None:
    found = []
    for file, nodes in NODES.items():
        if not _is_shown(file):
            continue
        allowed = _docstrings(nodes) | {
            id(part) for call in _calls(nodes) if _is_passed(call) for part in ast.walk(call)
        }
        found += [
            (file, node.lineno, node.value)
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in allowed
            and SENTENCE.search(node.value)
            and not node.value.startswith("<")  # a drawing
        ]
    assert not found, _places(found)


def _is_passed(call: ast.Call) -> bool:
    """Whether what it is called with passes through the catalogue, or is not for people who use the program."""
    is_log = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in ("log", "_logger")
    elsewhere = {"Typer", "Option", "Argument", "Query", "HTTPBearer", "compile", "literal_column"}
    return is_log or _name(call) in MARKS | elsewhere


def _docstrings(nodes: list[ast.AST]) -> set[int]:
    """Strings that stand alone as a statement."""
    return {id(node.value) for node in nodes if isinstance(node, ast.Expr)}


def test_only_what_can_be_looked_up_is_passed_through_the_catalogue() -> None:
    """A text that is put together first is in no catalogue."""
    found = [
        (file, call.lineno, ast.unparse(call))
        for file, nodes in NODES.items()
        for call in _calls(nodes)
        if _name(call) in MARKS
        for argument in call.args[: 2 if _name(call) == "counted" else 1]
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
        or (isinstance(argument, ast.Call) and _name(argument) == "format")
    ]
    assert not found, _places(found)


def test_no_text_is_marked_inside_of_an_f_string() -> None:
    """There what takes the texts from the code does not find it."""
    found = [
        (file, call.lineno, ast.unparse(call))
        for file, nodes in NODES.items()
        for node in nodes
        if isinstance(node, ast.JoinedStr)
        for call in _calls(list(ast.walk(node)))
        if _name(call) in MARKS and any(isinstance(argument, ast.Constant) for argument in call.args)
    ]
    assert not found, _places(found)


def test_no_text_is_looked_up_while_modules_are_imported() -> None:
    """The language is set after that: what stands in a constant or a default is marked by `noop` there."""
    found = []
    for file, nodes in NODES.items():
        later = {
            id(part)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for body in (node.body if isinstance(node.body, list) else [node.body])
            for part in ast.walk(body)
        }
        found += [
            (file, call.lineno, ast.unparse(call))
            for call in _calls(nodes)
            if _name(call) in MARKS - {"noop"} and id(call) not in later
        ]
    assert not found, _places(found)


def test_nothing_else_is_called_as_the_catalogue_is() -> None:
    """`for _ in …` in a function makes `_("…")` of the same function something else."""
    found = []
    for file, nodes in NODES.items():
        if not any(
            alias.name == "_" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        ):
            continue
        inner = {id(part) for node in nodes if isinstance(node, ast.comprehension) for part in ast.walk(node)}
        found += [
            (file, node.lineno, "_")
            for node in nodes
            if id(node) not in inner
            and (
                (isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store))
                or (isinstance(node, ast.arg) and node.arg == "_")
            )
        ]
    assert not found, _places(found)


def test_a_text_is_filled_in_with_what_it_asks_for() -> None:
    found = []
    for file, nodes in NODES.items():
        for call in _calls(nodes):
            match call.func:
                case ast.Attribute(
                    value=ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]), attr="format"
                ):
                    given = {keyword.arg for keyword in call.keywords}
                    if None not in given and (given != _placeholders(text) or call.args):
                        found.append((file, call.lineno, f"{text!r} is given {sorted(map(str, given))}"))
    assert not found, _places(found)


def _forms(words: object) -> tuple[str, ...]:
    """A text of a catalogue, or all of its forms."""
    return tuple(map(str, words)) if isinstance(words, tuple | list) else (str(words),)


def _placeholders(text: str) -> set[str]:
    return {name for _before, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of all catalogues, as it is made for translators."""
    file = tmp_path_factory.mktemp("messages") / "all.pot"
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "messages", "--template", file], check=True, timeout=100
    )
    return file


def test_the_template_has_the_texts_of_code_and_of_commands(template: Path) -> None:
    with template.open("rb") as source:
        found = read_po(source)

    assert "There is no account named {name}." in found
    assert "Run the web application." in found  # the help of a command
    assert "The address to listen on (127.0.0.1)." in found  # of an option
    assert "superseded" in found  # a word that is marked where it stands and translated where it is shown


def test_every_placeholder_has_a_name(template: Path) -> None:
    with template.open("rb") as source:
        found = read_po(source)

    for message in found:
        for form in _forms(message.id):
            names = _placeholders(form)
            assert all(name.isidentifier() for name in names), form


def test_a_form_for_many_has_the_placeholders_of_the_form_for_one(template: Path) -> None:
    with template.open("rb") as source:
        found = read_po(source)

    for message in found:
        forms = _forms(message.id)
        if len(forms) == 2:
            one, many = map(_placeholders, forms)
            assert one <= many == {"n"}, message.id


def _wrong(file: Path) -> list[str]:
    """Texts whose translation asks for what is not given."""
    with file.open("rb") as source:
        catalogue = read_po(source)
    wrong = []
    for message in catalogue:
        given = set().union(*map(_placeholders, _forms(message.id)))
        said = set().union(*map(_placeholders, _forms(message.string)))
        if message.id and not said <= given:
            wrong.append(str(message.id))
    return wrong


def test_no_translation_asks_for_what_is_not_given(tmp_path: Path) -> None:
    mistaken = tmp_path / "de.po"
    mistaken.write_text(
        'msgid "{n} h"\nmsgstr "{n} Std."\n\nmsgid "until {end}"\nmsgstr "bis {ende}"\n', "utf-8"
    )

    assert _wrong(mistaken) == ["until {end}"]
    for file in texts.FOLDER.glob("*.po"):
        assert _wrong(file) == [], file.name
