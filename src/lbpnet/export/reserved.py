"""Words that cannot name an exported network, in lower case.

Sources: ISO C23 6.4.1, ISO C++23 [lex.key], IEEE 1800-2017 annex B (it contains Verilog-2001), ECMA-262 12.7.2,
Windows' device names.
"""

from __future__ import annotations

_C = """alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false
float for fortran goto if inline int long nullptr register restrict return short signed sizeof static static_assert
struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while main errno null
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t"""

_CPP = """and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl concept
consteval constinit const_cast decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not
not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid
typename using virtual wchar_t xor xor_eq setup loop arduino serial"""

_VERILOG = """accept_on alias always always_comb always_ff always_latch assert assign assume automatic before begin bind
bins binsof bit buf bufif0 bufif1 byte casex casez cell chandle checker clocking cmos config constraint context cover
covergroup coverpoint cross deassign defparam design disable dist edge endcase endchecker endclass endclocking
endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty
endsequence endspecify endtable endtask event eventually expect extends final first_match force foreach forever fork
forkjoin function generate genvar global highz0 highz1 iff ifnone ignore_bins illegal_bins implements implies import
incdir include initial inout input inside instance integer interconnect interface intersect join join_any join_none
large let liblist library local localparam logic longint macromodule matches medium modport module nand negedge nettype
nexttime nmos nor noshowcancelled notif0 notif1 output package packed parameter pmos posedge primitive priority program
property pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos
real realtime ref reg reject_on release repeat restrict rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually
s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled small soft solve specify specparam
string strong strong0 strong1 super supply0 supply1 sync_accept_on sync_reject_on table tagged task throughout time
timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type unique unique0 until until_with
untyped use uwire var vectored wait wait_order wand weak weak0 weak1 wildcard wire with within wor xnor"""

_JAVASCRIPT = """arguments async await debugger eval finally function get implements in infinity instanceof let nan of
set target undefined yield window document"""

_DEVICES = "aux con nul prn " + " ".join(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))

# Files and symbols that every export, or some target's, has anyway.
_OURS = "build example index lbp lbpnet license makefile manifest readme runtime test testbench tests top"

RESERVED = frozenset(" ".join((_C, _CPP, _VERILOG, _JAVASCRIPT, _DEVICES, _OURS)).split())
