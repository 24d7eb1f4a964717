// Writes finished rows of maps to the map memory, a word a clock, maps one after the other: word w of row y of a map of
// `height` rows is at base + w height + y.
module lbp_writer #(
    parameter PLANES  = 1,  // of a word
    parameter ROWS    = 1,  // planes of the longest row
    parameter LANES   = 1,
    parameter COUNT   = 1,  // bits of a word's number
    parameter ROW     = 1,
    parameter ADDRESS = 1,
    parameter [ADDRESS-1:0] BASE = 0
) (
    input  wire                          clk,
    input  wire                          clear,
    input  wire                          start,   // the row is there from the next clock on
    input  wire [  ROWS*LANES-1:0] row,
    input  wire [             COUNT-1:0] last,    // word
    input  wire [               ROW-1:0] height,
    output reg                           write,
    output reg  [           ADDRESS-1:0] address,
    output reg  [PLANES*LANES-1:0] data
);
    reg  [COUNT-1:0] word;
    reg  [ROW-1:0] y;
    reg  [ADDRESS-1:0] first;
    wire ends = word == last;
    wire bottom = y == height - 1'b1;
    wire [ADDRESS-1:0] next = (bottom ? address : first) + 1'b1;
    wire [ADDRESS-1:0] stride = {{ADDRESS - ROW{1'b0}}, height};
    integer k, p;

    always @* begin
        data = {PLANES * LANES{1'b0}};
        for (k = 0; k * PLANES < ROWS; k = k + 1)
            if (word == k[COUNT-1:0])
                for (p = 0; p < PLANES && k * PLANES + p < ROWS; p = p + 1)
                    data[p*LANES+:LANES] = row[(k*PLANES+p)*LANES+:LANES];
    end

    always @(posedge clk)
        if (clear) begin
            write   <= 1'b0;
            word    <= {COUNT{1'b0}};
            y       <= {ROW{1'b0}};
            first   <= BASE;
            address <= BASE;
        end else begin
            if (start) write <= 1'b1;
            else if (ends) write <= 1'b0;
            if (write && ends) begin
                word    <= {COUNT{1'b0}};
                y       <= bottom ? {ROW{1'b0}} : y + 1'b1;
                first   <= next;
                address <= next;
            end else if (write) begin
                word    <= word + 1'b1;
                address <= address + stride;
            end
        end
endmodule
