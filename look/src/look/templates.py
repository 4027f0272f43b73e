"""The templates of a website, each compiled once in a process."""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator


class _Compiled(BytecodeCache):
    """Keeps compiled templates, because a website in two languages has two environments of the same templates."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str, bool], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[_key(bucket)] = bucket.code


def _key(bucket: Bucket) -> tuple[str, str, bool]:
    """Make a key that tells a page's template, which escapes its values, from the same template used for mail."""
    return bucket.key, bucket.checksum, bool(bucket.environment.autoescape)


_COMPILED = _Compiled()


class _Generator(CodeGenerator):
    """Evaluates nothing at compile time, not even a filter of a constant: filters differ between environments."""

    def _output_child_to_const(self, node: nodes.Expr, *rest: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, *rest)


class _Environment(Environment):
    code_generator_class = _Generator


def environment(package: str, *, autoescape: bool = True, **more: Any) -> Environment:
    """Make the environment of the templates in ``package``; ``more`` are arguments of Jinja's Environment."""
    return _Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # for the same reason
        bytecode_cache=_COMPILED,
        **more,
    )
