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
    localparam [31:0] STEP = COLUMNS;
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
    reg  [LANES-1:0] mask;
    reg  [ROWS-1:0] holders;  // windows that hold row y
    reg  [FEATURE-1:0] place;
    reg  [SUM-1:0] total;
    integer i;
    assign idle = !active && !counted && !valid && !weighed;

    always @* begin
        mask = {LANES{1'b0}};
        place = map;
        for (i = 0; i < COLUMNS; i = i + 1)
            if (column == i[COLUMN-1:0]) begin
                mask = MASKS[i*LANES+:LANES];
                place = place + i[FEATURE-1:0];
            end
        for (i = 0; i < ROWS; i = i + 1) if (window[i]) place = place + i[FEATURE-1:0] * STEP[FEATURE-1:0];
    end

    always @* begin
        holders = {ROWS{1'b0}};
        for (i = 0; i < HEIGHT; i = i + 1) if (y == i[ROW-1:0]) holders = ACTIVE[i*ROWS+:ROWS];
    end

    always @* begin
        total = {SUM{1'b0}};
        for (i = 0; i < PLANES; i = i + 1) total = total + ({{PLANES{1'b0}}, counts[i*ONES+:ONES]} << i);
    end

    genvar p;
    generate
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            wire [ONES-1:0] ones;
            lbp_popcount #(LANES, ONES) count (
                .bits(row[p*LANES+:LANES] & mask),
                .ones(ones)
            );
            always @(posedge clk) counts[p*ONES+:ONES] <= ones;
        end
    endgenerate

    always @(posedge clk) begin
        counted <= active && !clear;
        valid   <= counted && !clear;
        weighed <= valid && !clear;
        sum     <= total;
        feature <= place;
        if (clear) begin
            y        <= {ROW{1'b0}};
            left     <= {ROWS{1'b0}};
            column   <= {COLUMN{1'b0}};
            next_map <= {FEATURE{1'b0}};
        end else begin
            if (active) column <= column == LAST_COLUMN[COLUMN-1:0] ? {COLUMN{1'b0}} : column + 1'b1;
            if (start) begin
                left <= holders;
                y    <= y == LAST_ROW[ROW-1:0] ? {ROW{1'b0}} : y + 1'b1;
                if (y == {ROW{1'b0}}) begin
                    map      <= next_map;
                    next_map <= next_map + FEATURES[FEATURE-1:0];
                end
            end else if (active && column == LAST_COLUMN[COLUMN-1:0]) left <= others;
        end
    end
endmodule
