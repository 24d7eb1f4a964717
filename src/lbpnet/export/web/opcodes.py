"""The instructions of WebAssembly that compiled C is made of: their names and what follows the opcode.

Source: WebAssembly Core Specification 2.0, section 5.4 (binary format of instructions). Vector instructions (prefix
0xfd) are left out: modules are compiled without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Instruction:
    """An instruction: its name, and what follows its opcode.

    Attributes:
        name: as the specification writes it.
        operands: a letter each: `n` an integer in LEB128, `v` a vector of such, `4` and `8` as many bytes.
    """

    name: str
    operands: str = ""

    @property
    def forbidden_kind(self) -> str | None:
        """Return "floating point", "multiplication" or "division" where the instruction does such a thing."""
        if "f32" in self.name or "f64" in self.name:
            return "floating point"
        operation = self.name.partition(".")[2].partition("_")[0]
        return {"mul": "multiplication", "div": "division", "rem": "division"}.get(operation)


def _numbered(first: int, names: str, operands: str = "") -> dict[int, Instruction]:
    return {first + index: Instruction(name, operands) for index, name in enumerate(names.split())}


def _typed(kind: str, operations: str) -> str:
    return " ".join(f"{kind}.{operation}" for operation in operations.split())


_COMPARED = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"
_INTEGER = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
_FLOAT = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"
_MEMORY = (
    "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s i64.load8_u "
    "i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store i32.store8 "
    "i32.store16 i64.store8 i64.store16 i64.store32"
)
_CONVERTED = (
    "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u "
    "i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s f32.convert_i32_u "
    "f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s "
    "f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 "
    "f64.reinterpret_i64 i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s"
)

BLOCKS = frozenset({"block", "loop", "if"})
"""What an `end` ends."""

INSTRUCTIONS: Mapping[int, Instruction] = MappingProxyType(
    _numbered(0x00, "unreachable nop")
    | _numbered(0x02, "block loop if", "n")
    | _numbered(0x05, "else")
    | _numbered(0x0B, "end")
    | _numbered(0x0C, "br br_if", "n")
    | _numbered(0x0E, "br_table", "vn")
    | _numbered(0x0F, "return")
    | _numbered(0x10, "call", "n")
    | _numbered(0x11, "call_indirect", "nn")
    | _numbered(0x1A, "drop select")
    | _numbered(0x1C, "select", "v")
    | _numbered(0x20, "local.get local.set local.tee global.get global.set table.get table.set", "n")
    | _numbered(0x28, _MEMORY, "nn")
    | _numbered(0x3F, "memory.size memory.grow i32.const i64.const", "n")
    | _numbered(0x43, "f32.const", "4")
    | _numbered(0x44, "f64.const", "8")
    | _numbered(0x45, f"i32.eqz {_typed('i32', _COMPARED)} i64.eqz {_typed('i64', _COMPARED)}")
    | _numbered(0x5B, f"{_typed('f32', 'eq ne lt gt le ge')} {_typed('f64', 'eq ne lt gt le ge')}")
    | _numbered(0x67, f"{_typed('i32', _INTEGER)} {_typed('i64', _INTEGER)}")
    | _numbered(0x8B, f"{_typed('f32', _FLOAT)} {_typed('f64', _FLOAT)}")
    | _numbered(0xA7, _CONVERTED)
    | _numbered(0xD0, "ref.null", "n")
    | _numbered(0xD1, "ref.is_null")
    | _numbered(0xD2, "ref.func", "n")
)

PREFIX = 0xFC
"""The opcode before an integer of `PREFIXED`."""

PREFIXED: Mapping[int, Instruction] = MappingProxyType(
    _numbered(0, " ".join(f"{i}.trunc_sat_{f}_{s}" for i in ("i32", "i64") for f in ("f32", "f64") for s in "su"))
    | _numbered(8, "memory.init", "nn")
    | _numbered(9, "data.drop", "n")
    | _numbered(10, "memory.copy", "nn")
    | _numbered(11, "memory.fill", "n")
    | _numbered(12, "table.init", "nn")
    | _numbered(13, "elem.drop", "n")
    | _numbered(14, "table.copy", "nn")
    | _numbered(15, "table.grow table.size table.fill", "n")
)
