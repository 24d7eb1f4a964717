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
    output reg  [PLANES*LANES-1:0] largest
);
    localparam BLOCKS = LANES / 2;

    reg [4*BLOCKS-1:0] racing, left;
    reg [3:0] bits;
    reg any;
    integer p, j;

    always @* begin
        left = first ? {4 * BLOCKS{1'b1}} : racing;
        largest = {PLANES * LANES{1'b0}};
        bits = 4'd0;
        any = 1'b0;
        for (p = PLANES - 1; p >= 0; p = p - 1)
            for (j = 0; j < BLOCKS; j = j + 1) begin
                bits = {upper[p*LANES+2*j+:2], below[p*LANES+2*j+:2]};
                any = |(bits & left[4*j+:4]);
                largest[p*LANES+j] = any;
                left[4*j+:4] = left[4*j+:4] & (bits | {4{!any}});
            end
    end

    always @(posedge clk) if (enable) racing <= left;
endmodule
