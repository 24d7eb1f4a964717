"""Reads a WebAssembly module's instructions: it must hold no multiplication, no division and no floating point."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import VerificationError
from .opcodes import BLOCKS, INSTRUCTIONS, PREFIX, PREFIXED, Instruction

_MAGIC = b"\0asm\1\0\0\0"
_FUNCTION_SECTION, _CODE_SECTION = 3, 10
_I32, _I64 = 0x7F, 0x7E
_LEB_BYTES = 10


@dataclass(frozen=True)
class ModuleScan:
    """What was read: how many instructions and functions, and those of them that are forbidden ("what in where")."""

    instructions: int
    functions: int
    forbidden: tuple[str, ...]


def scan_module(module: bytes) -> ModuleScan:
    """Read every instruction of every function of a module; a module that imports nothing holds all that it runs.

    Raises:
        VerificationError: no module, or it holds an instruction that is not in `opcodes`; says at which byte.
    """
    reader = _Reader(module)
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise VerificationError("expected a WebAssembly module of version 1")
    declared = bodies = instructions = 0
    forbidden: list[str] = []
    while not reader.done:
        section, size = reader.take(1)[0], reader.integer()
        inside = reader.part(size)
        if section == _FUNCTION_SECTION:
            declared = inside.integer()
        elif section == _CODE_SECTION:
            for bodies in range(1, inside.integer() + 1):
                count, found = _scan_body(inside.part(inside.integer()))
                instructions += count
                forbidden.extend(f"{what} in function {bodies - 1}" for what in found)
            inside.require_done()
    if bodies == 0 or bodies != declared:
        raise VerificationError(f"expected the code of {declared} functions, and one at least, got {bodies}")
    return ModuleScan(instructions, bodies, tuple(forbidden))


def _scan_body(body: _Reader) -> tuple[int, list[str]]:
    """Return how many instructions a function's body holds, and what of it is forbidden."""
    forbidden = []
    for _ in range(body.integer()):
        body.integer()  # how many locals
        kind = body.take(1)[0]
        if kind not in (_I32, _I64):
            forbidden.append(f"a variable of type 0x{kind:02x}")
    count, depth = 0, 1
    while depth:
        instruction = body.instruction()
        count += 1
        depth += (instruction.name in BLOCKS) - (instruction.name == "end")
        if kind := instruction.forbidden_kind:
            forbidden.append(f"{kind} {instruction.name}")
    body.require_done()
    return count, forbidden


class _Reader:
    """A part of a module's bytes, read from its beginning; says where it is refused."""

    def __init__(self, module: bytes, at: int = 0, end: int | None = None) -> None:
        self._module, self._at, self._end = module, at, len(module) if end is None else end

    @property
    def done(self) -> bool:
        return self._at == self._end

    def take(self, size: int) -> bytes:
        if size > self._end - self._at:
            raise self._refusal(f"expected {size} more bytes of {self._end - self._at}")
        self._at += size
        return self._module[self._at - size : self._at]

    def part(self, size: int) -> _Reader:
        self.take(size)
        return _Reader(self._module, self._at - size, self._at)

    def integer(self) -> int:
        """Read an integer in LEB128 as an unsigned one; the values of signed ones are not needed."""
        value = 0
        for index in range(_LEB_BYTES):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise self._refusal(f"expected an integer of at most {_LEB_BYTES} bytes")

    def instruction(self) -> Instruction:
        """Read an instruction with its operands."""
        opcode = self.take(1)[0]
        number = self.integer() if opcode == PREFIX else opcode
        instruction = (PREFIXED if opcode == PREFIX else INSTRUCTIONS).get(number)
        if instruction is None:
            code = f"0x{PREFIX:02x} {number}" if opcode == PREFIX else f"0x{opcode:02x}"
            raise self._refusal(f"an instruction that the scan does not know, {code}")
        for operand in instruction.operands:
            match operand:
                case "n":
                    self.integer()
                case "v":
                    for _ in range(self.integer()):
                        self.integer()
                case size:
                    self.take(int(size))
        return instruction

    def require_done(self) -> None:
        if not self.done:
            raise self._refusal(f"{self._end - self._at} bytes too many")

    def _refusal(self, why: str) -> VerificationError:
        return VerificationError(f"the WebAssembly module cannot be scanned: byte {self._at}: {why}")
