// A table in block RAM, read from a file of hexadecimal words at build time; its word is at `q` one clock later.
module lbp_rom #(
    parameter WIDTH   = 8,
    parameter DEPTH   = 2,
    parameter ADDRESS = 1,
    parameter FILE    = ""
) (
    input  wire               clk,
    input  wire [ADDRESS-1:0] address,
    output reg  [  WIDTH-1:0] q
);
    reg [WIDTH-1:0] words[0:DEPTH-1];

    initial if (FILE != "") $readmemh(FILE, words);

    always @(posedge clk) q <= words[address];
endmodule
