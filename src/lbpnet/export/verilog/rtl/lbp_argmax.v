// The class of the largest score, the first among equals: scores come one a clock, two's complement.
module lbp_argmax #(
    parameter SCORE = 4,
    parameter CLASS = 1
) (
    input  wire             clk,
    input  wire             clear,
    input  wire             valid,
    input  wire [SCORE-1:0] score,
    output reg  [CLASS-1:0] best
);
    reg [SCORE-1:0] largest;
    reg [CLASS-1:0] index;
    reg             any;
    wire            exceeds = $signed(score) > $signed(largest);

    always @(posedge clk)
        if (clear) begin
            index <= {CLASS{1'b0}};
            any   <= 1'b0;
        end else if (valid) begin
            index <= index + 1'b1;
            any   <= 1'b1;
            if (!any || exceeds) begin
                largest <= score;
                best    <= index;
            end
        end
endmodule
