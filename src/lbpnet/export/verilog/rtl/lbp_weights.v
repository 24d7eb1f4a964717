// All classes' scores, or all hidden units' sums: a table of weights, one word a sum, and an adder a class. Afterwards
// the scores are shifted out, the first class's first; a RING's come in again behind the last. BIASES holds
// SCORE bits a class, the first lowest; so do the table's words their weights.
module lbp_weights #(
    parameter CLASSES  = 2,
    parameter WEIGHT   = 2,
    parameter SUM      = 1,
    parameter SCORE    = 4,
    parameter FEATURES = 2,
    parameter FEATURE  = 1,
    parameter FILE     = "",
    parameter RING     = 0,
    parameter [CLASSES*SCORE-1:0] BIASES = 0
) (
    input  wire               clk,
    input  wire               load,
    input  wire [FEATURE-1:0] feature,  // a clock before its sum
    input  wire               valid,
    input  wire [    SUM-1:0] sum,
    input  wire               shift,
    output wire [  SCORE-1:0] score
);
    wire [CLASSES*WEIGHT-1:0] weights;
    wire [CLASSES*SCORE-1:0] scores;
    wire [CLASSES*SCORE-1:0] following = {RING != 0 ? score : {SCORE{1'b0}}, scores[CLASSES*SCORE-1:SCORE]};
    assign score = scores[SCORE-1:0];

    lbp_rom #(
        .WIDTH(CLASSES * WEIGHT),
        .DEPTH(FEATURES),
        .ADDRESS(FEATURE),
        .FILE(FILE)
    ) table_of_weights (
        .clk(clk),
        .address(feature),
        .q(weights)
    );

    genvar c;
    generate
        for (c = 0; c < CLASSES; c = c + 1) begin : class_of
            lbp_weight #(
                .WEIGHT(WEIGHT),
                .SUM(SUM),
                .SCORE(SCORE),
                .BIAS(BIASES[c*SCORE+:SCORE])
            ) adder (
                .clk(clk),
                .load(load),
                .valid(valid),
                .weight(weights[c*WEIGHT+:WEIGHT]),
                .sum(sum),
                .shift(shift),
                .next(following[c*SCORE+:SCORE]),
                .score(scores[c*SCORE+:SCORE])
            );
        end
    endgenerate
endmodule
