// One class's score: bias, then weight x sum for every sum, by shifts and additions; two's complement.
// `weight` and `sum` are of one clock; the score has them two clocks later.
module lbp_weight #(
    parameter WEIGHT = 2,
    parameter SUM    = 1,
    parameter SCORE  = 4,
    parameter [SCORE-1:0] BIAS = 0
) (
    input  wire              clk,
    input  wire              load,     // the bias
    input  wire              valid,
    input  wire [WEIGHT-1:0] weight,
    input  wire [   SUM-1:0] sum,
    input  wire              shift,    // take the next class's score
    input  wire [ SCORE-1:0] next,
    output reg  [ SCORE-1:0] score
);
    localparam PRODUCT = WEIGHT + SUM;

    reg  ready;
    reg  [PRODUCT-1:0] product;
    reg  [PRODUCT-1:0] partial, addend;
    integer b;

    always @* begin
        partial = {PRODUCT{1'b0}};
        addend  = {PRODUCT{1'b0}};
        for (b = 0; b < WEIGHT; b = b + 1) begin
            addend = {{WEIGHT{1'b0}}, sum & {SUM{weight[b]}}} << b;
            // The highest bit of two's complement counts negative.
            partial = b == WEIGHT - 1 ? partial - addend : partial + addend;
        end
    end

    always @(posedge clk) begin
        ready   <= valid;
        product <= partial;
        if (load) score <= BIAS;
        else if (shift) score <= next;
        else if (ready) score <= score + {{SCORE - PRODUCT{product[PRODUCT-1]}}, product};
    end
endmodule
