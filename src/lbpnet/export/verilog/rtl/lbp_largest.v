// The largest of each 2 x 2 block of two rows, plane by plane from the highest: a block's pixel is out of the race once
// a higher bit of another is one and its own is not. Words come highest first; `first` starts new rows.
module lbp_largest #(
    parameter PLANES = 1,
    parameter LANES  = 2
) (
    input  wire                    clk,
    input  wire                    enable,
    input  wire                    first,
    input  wire [PLANES*LANES-1:0] upper,
    input  wire [PLANES*LANES-1:0] below,
    output wire [PLANES*LANES-1:0] largest
);
    localparam BLOCKS = LANES / 2;

    reg  [4*BLOCKS-1:0] racing;
    wire [4*BLOCKS-1:0] left   [0:PLANES];
    assign left[PLANES] = first ? {4 * BLOCKS{1'b1}} : racing;

    genvar p, j;
    generate
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            for (j = 0; j < BLOCKS; j = j + 1) begin : block
                wire [3:0] bits = {upper[p*LANES+2*j+:2], below[p*LANES+2*j+:2]};
                wire [3:0] candidates = left[p+1][4*j+:4];
                wire any = |(bits & candidates);
                assign largest[p*LANES+j]  = any;
                assign left[p][4*j+:4] = candidates & (bits | {4{~any}});
            end
            assign largest[p*LANES+BLOCKS+:LANES-BLOCKS] = {LANES - BLOCKS{1'b0}};
        end
    endgenerate

    always @(posedge clk) if (enable) racing <= left[0];
endmodule
