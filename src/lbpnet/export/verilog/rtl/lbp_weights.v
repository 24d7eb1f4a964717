// All classes' scores: a table of weights, one word a sum, and an adder a class. Afterwards the scores are shifted out,
// the first class's first. BIASES holds SCORE bits a class, the first lowest; so do the table's words their weights.
module lbp_weights #(
    parameter CLASSES  = 2,
    parameter WEIGHT   = 2,
    parameter SUM      = 1,
    parameter SCORE    = 4,
    parameter FEATURES = 2,
    parameter FEATURE  = 1,
    parameter FILE     = "",
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
    wire [(CLASSES+1)*SCORE-1:0] scores;
    assign scores[CLASSES*SCORE+:SCORE] = {SCORE{1'b0}};
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
                .next(scores[(c+1)*SCORE+:SCORE]),
                .score(scores[c*SCORE+:SCORE])
            );
        end
    endgenerate
endmodule
