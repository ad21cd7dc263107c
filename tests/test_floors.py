"""What the import contracts of pyproject.toml cannot say."""

import ast
import sys
from pathlib import Path

import timekpr_mngr

PACKAGE = Path(timekpr_mngr.__file__).parent


def test_the_domain_uses_only_the_standard_library_and_what_everything_stands_on() -> None:
    strangers = {
        f"{file.relative_to(PACKAGE)}: {module}"
        for file in (PACKAGE / "domain").rglob("*.py")
        for module in imported(file)
        if not belongs_to_the_domain(module)
    }

    assert strangers == set()


def belongs_to_the_domain(module: str) -> bool:
    top, *rest = module.split(".")
    grounds = (["domain"], ["errors"], ["texts"])
    return top in sys.stdlib_module_names or (top == "timekpr_mngr" and rest[:1] in grounds)


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module is not None
            if node.module == "timekpr_mngr":
                names.update(f"timekpr_mngr.{alias.name}" for alias in node.names)
            else:
                names.add(node.module)
    return names
