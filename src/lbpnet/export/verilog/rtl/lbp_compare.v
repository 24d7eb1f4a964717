// One bit a lane: whether a row of neighbours exceeds the row of centres, plane by plane from the lowest.
// `lower` is the answer of the planes below, zero for the lowest word of a map.
module lbp_compare #(
    parameter PLANES = 1,
    parameter LANES  = 1
) (
    input  wire [PLANES*LANES-1:0] neighbour,
    input  wire [PLANES*LANES-1:0] centre,
    input  wire [       LANES-1:0] lower,
    output reg  [       LANES-1:0] exceeds
);
    reg [LANES-1:0] a, b;
    integer p;

    always @* begin
        exceeds = lower;
        a = {LANES{1'b0}};
        b = {LANES{1'b0}};
        for (p = 0; p < PLANES; p = p + 1) begin
            a = neighbour[p*LANES+:LANES];
            b = centre[p*LANES+:LANES];
            exceeds = (a & ~b) | (exceeds & ~(a ^ b));
        end
    end
endmodule
