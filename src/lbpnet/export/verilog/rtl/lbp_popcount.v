// The number of ones of a word, as a balanced tree of adders.
module lbp_popcount #(
    parameter WIDTH = 1,
    parameter SUM   = 1   // bits of WIDTH
) (
    input  wire [WIDTH-1:0] bits,
    output wire [  SUM-1:0] ones
);
    generate
        if (WIDTH == 1) begin : leaf
            assign ones[0] = bits[0];
            if (SUM > 1) begin : zeros
                assign ones[SUM-1:1] = {SUM - 1{1'b0}};
            end
        end else begin : tree
            wire [SUM-1:0] low, high;
            lbp_popcount #(WIDTH / 2, SUM) lower (.bits(bits[WIDTH/2-1:0]), .ones(low));
            lbp_popcount #(WIDTH - WIDTH / 2, SUM) upper (.bits(bits[WIDTH-1:WIDTH/2]), .ones(high));
            assign ones = low + high;
        end
    endgenerate
endmodule
