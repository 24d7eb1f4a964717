// One bit a lane: whether a row of neighbours exceeds the row of centres, plane by plane from the lowest.
// `lower` is the answer of the planes below, zero for the lowest word of a map.
module lbp_compare #(
    parameter PLANES = 1,
    parameter LANES  = 1
) (
    input  wire [PLANES*LANES-1:0] neighbour,
    input  wire [PLANES*LANES-1:0] centre,
    input  wire [       LANES-1:0] lower,
    output wire [       LANES-1:0] exceeds
);
    wire [LANES-1:0] above[0:PLANES];
    assign above[0] = lower;
    assign exceeds  = above[PLANES];

    genvar p;
    generate
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            wire [LANES-1:0] a = neighbour[p*LANES+:LANES];
            wire [LANES-1:0] b = centre[p*LANES+:LANES];
            assign above[p+1] = (a & ~b) | (above[p] & ~(a ^ b));
        end
    endgenerate
endmodule
