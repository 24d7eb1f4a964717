// A row of neighbours: lane x of each plane gets lane x + dx, zero outside; dx is one of a short list of amounts.
// AMOUNTS holds them as signed bytes, the first lowest.
module lbp_neighbour #(
    parameter PLANES  = 1,
    parameter LANES   = 1,
    parameter CHOICES = 1,
    parameter SELECT  = 1,
    parameter [8*CHOICES-1:0] AMOUNTS = 0
) (
    input  wire [PLANES*LANES-1:0] row,
    input  wire [      SELECT-1:0] choice,
    output wire [PLANES*LANES-1:0] moved
);
    wire [PLANES*LANES-1:0] any[0:CHOICES];
    assign any[0] = {PLANES * LANES{1'b0}};
    assign moved  = any[CHOICES];

    genvar i, p;
    generate
        for (i = 0; i < CHOICES; i = i + 1) begin : amount
            localparam BACK = AMOUNTS[8*i+7];
            localparam [7:0] FAR = BACK ? ~AMOUNTS[8*i+:8] + 8'd1 : AMOUNTS[8*i+:8];
            localparam [SELECT-1:0] NUMBER = i;
            wire chosen = choice == NUMBER;
            for (p = 0; p < PLANES; p = p + 1) begin : plane
                wire [LANES-1:0] from = row[p*LANES+:LANES];
                wire [LANES-1:0] to = BACK ? from << FAR : from >> FAR;
                assign any[i+1][p*LANES+:LANES] = any[i][p*LANES+:LANES] | ({LANES{chosen}} & to);
            end
        end
    endgenerate
endmodule
