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
    output reg  [PLANES*LANES-1:0] moved
);
    integer i, p;

    always @* begin
        moved = {PLANES * LANES{1'b0}};
        for (i = 0; i < CHOICES; i = i + 1)
            if (choice == i[SELECT-1:0])
                for (p = 0; p < PLANES; p = p + 1)
                    if (AMOUNTS[8*i+7]) moved[p*LANES+:LANES] = row[p*LANES+:LANES] << (8'd0 - AMOUNTS[8*i+:8]);
                    else moved[p*LANES+:LANES] = row[p*LANES+:LANES] >> AMOUNTS[8*i+:8];
    end
endmodule
