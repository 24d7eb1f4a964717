// Rows of maps, one word an address: single port, so that it fits single-ported RAM and block RAM alike. A read's word is
// at `q` one clock later and stays until the next read. SPRAM asks for iCE40 UltraPlus' single-port RAM.
module lbp_map_memory #(
    parameter WIDTH   = 8,
    parameter DEPTH   = 2,
    parameter ADDRESS = 1,
    parameter SPRAM   = 0
) (
    input  wire               clk,
    input  wire               write,
    input  wire [ADDRESS-1:0] address,
    input  wire [  WIDTH-1:0] data,
    output reg  [  WIDTH-1:0] q
);
    generate
        if (SPRAM != 0) begin : single_port
            (* ram_style = "huge" *) reg [WIDTH-1:0] words[0:DEPTH-1];
            always @(posedge clk)
                if (write) words[address] <= data;
                else q <= words[address];
        end else begin : block
            reg [WIDTH-1:0] words[0:DEPTH-1];
            always @(posedge clk)
                if (write) words[address] <= data;
                else q <= words[address];
        end
    endgenerate
endmodule
