// Sums of pooled maps, row by row: for each window of rows that holds the row, and each window of columns, the sum of the
// row's values in it, one a clock, with the number of its weights. Rows come map after map, the first row first.
// ACTIVE has a bit for each window of rows, row after row; MASKS a bit for each lane, window after window of columns.
module lbp_pool #(
    parameter PLANES  = 1,
    parameter LANES   = 1,
    parameter HEIGHT  = 1,
    parameter ROWS    = 1,  // windows
    parameter COLUMNS = 1,
    parameter ROW     = 1,
    parameter COLUMN  = 1,  // bits of a window's number
    parameter FEATURE = 1,  // bits of a number of weights
    parameter ONES    = 1,  // bits of LANES
    parameter [HEIGHT*ROWS-1:0] ACTIVE = 0,
    parameter [COLUMNS*LANES-1:0] MASKS = 0
) (
    input  wire                    clk,
    input  wire                    clear,
    input  wire                    start,    // the row is there from the next clock on
    input  wire [PLANES*LANES-1:0] row,
    output reg  [     FEATURE-1:0] feature,  // a clock before its sum
    output reg                     valid,
    output reg  [ PLANES+ONES-1:0] sum,
    output wire                    idle
);
    localparam SUM = PLANES + ONES;
    localparam [31:0] LAST_COLUMN = COLUMNS - 1;
    localparam [31:0] LAST_ROW = HEIGHT - 1;
    localparam [31:0] FEATURES = ROWS * COLUMNS;

    reg  [ROW-1:0] y;
    reg  [ROWS-1:0] left;  // windows of rows to do
    reg  [COLUMN-1:0] column;
    reg  [FEATURE-1:0] map, next_map;
    reg  counted, weighed;
    reg  [PLANES*ONES-1:0] counts;
    wire [ROWS-1:0] others = left & (left - 1'b1);
    wire [ROWS-1:0] window = left & ~others;
    wire active = |left;
    wire [LANES-1:0] masks[0:COLUMNS];
    wire [ROWS-1:0] rows[0:HEIGHT];
    wire [FEATURE-1:0] firsts[0:ROWS];
    wire [SUM-1:0] totals[0:PLANES];
    assign masks[0]  = {LANES{1'b0}};
    assign rows[0]   = {ROWS{1'b0}};
    assign firsts[0] = {FEATURE{1'b0}};
    assign totals[0] = {SUM{1'b0}};
    assign idle = !active && !counted && !valid && !weighed;

    genvar i, p;
    generate
        for (i = 0; i < COLUMNS; i = i + 1) begin : mask
            localparam [COLUMN-1:0] NUMBER = i;
            assign masks[i+1] = masks[i] | ({LANES{column == NUMBER}} & MASKS[i*LANES+:LANES]);
        end
        for (i = 0; i < HEIGHT; i = i + 1) begin : line
            localparam [ROW-1:0] NUMBER = i;
            assign rows[i+1] = rows[i] | ({ROWS{y == NUMBER}} & ACTIVE[i*ROWS+:ROWS]);
        end
        for (i = 0; i < ROWS; i = i + 1) begin : first
            localparam [FEATURE-1:0] NUMBER = i * COLUMNS;
            assign firsts[i+1] = firsts[i] | ({FEATURE{window[i]}} & NUMBER);
        end
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            wire [ONES-1:0] ones;
            wire [SUM-1:0] wide = {{PLANES{1'b0}}, counts[p*ONES+:ONES]};
            lbp_popcount #(LANES, ONES) count (
                .bits(row[p*LANES+:LANES] & masks[COLUMNS]),
                .ones(ones)
            );
            assign totals[p+1] = totals[p] + (wide << p);
            always @(posedge clk) counts[p*ONES+:ONES] <= ones;
        end
    endgenerate

    wire [FEATURE+COLUMN-1:0] column_wide = {{FEATURE{1'b0}}, column};

    always @(posedge clk) begin
        counted <= active && !clear;
        valid   <= counted && !clear;
        weighed <= valid && !clear;
        sum     <= totals[PLANES];
        feature <= map + firsts[ROWS] + column_wide[FEATURE-1:0];
        if (clear) begin
            y        <= {ROW{1'b0}};
            left     <= {ROWS{1'b0}};
            column   <= {COLUMN{1'b0}};
            next_map <= {FEATURE{1'b0}};
        end else begin
            if (active) column <= column == LAST_COLUMN[COLUMN-1:0] ? {COLUMN{1'b0}} : column + 1'b1;
            if (start) begin
                left <= rows[HEIGHT];
                y    <= y == LAST_ROW[ROW-1:0] ? {ROW{1'b0}} : y + 1'b1;
                if (y == {ROW{1'b0}}) begin
                    map      <= next_map;
                    next_map <= next_map + FEATURES[FEATURE-1:0];
                end
            end else if (active && column == LAST_COLUMN[COLUMN-1:0]) left <= others;
        end
    end
endmodule
