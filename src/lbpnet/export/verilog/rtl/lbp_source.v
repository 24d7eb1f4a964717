// One channel of the image, as it is or averaged over blocks of 2^LOG x 2^LOG pixels, written to the map memory row by
// row: a row is shifted in pixel by pixel, then its planes are written, a word a clock. What fills no block is dropped.
module lbp_source #(
    parameter LANES   = 1,
    parameter PLANES  = 1,  // of a word
    parameter WORDS   = 8,  // of a row
    parameter ADDRESS = 1,
    parameter XBITS   = 1,
    parameter YBITS   = 1,
    parameter WIDTH   = 1,  // of the map
    parameter HEIGHT  = 1,
    parameter LOG     = 0,
    parameter [ADDRESS-1:0] BASE = 0
) (
    input  wire                    clk,
    input  wire                    clear,
    input  wire                    take,     // the pixel
    input  wire [             7:0] pixel,
    input  wire [       XBITS-1:0] x,
    input  wire [       YBITS-1:0] y,
    output wire                    blocked,  // the pixel would move a row that is not yet written
    output reg                     pending,
    input  wire                    grant,    // the word is written
    output reg  [     ADDRESS-1:0] address,
    output reg  [PLANES*LANES-1:0] data
);
    localparam [31:0] COLUMNS = WIDTH << LOG;
    localparam [31:0] ROWS = HEIGHT << LOG;
    localparam [31:0] STRIDE = HEIGHT;
    localparam [31:0] LAST = WORDS - 1;
    localparam COUNT = 4;

    wire [XBITS:0] column = {1'b0, x};
    wire [YBITS:0] line = {1'b0, y};
    wire covered = column < COLUMNS[XBITS:0] && line < ROWS[YBITS:0];
    wire [7:0] value;
    wire completes;

    generate
        if (LOG == 0) begin : whole
            assign value = pixel;
            assign completes = covered;
        end else begin : blocks
            localparam SUM = 8 + 2 * LOG;
            reg  [SUM-1:0] across;
            reg  [WIDTH*SUM-1:0] sums;  // of the blocks of a row so far, the next block's lowest
            wire starts_x = x[LOG-1:0] == {LOG{1'b0}};
            wire ends_x = x[LOG-1:0] == {LOG{1'b1}};
            wire starts_y = y[LOG-1:0] == {LOG{1'b0}};
            wire ends_y = y[LOG-1:0] == {LOG{1'b1}};
            wire [SUM-1:0] more = (starts_x ? {SUM{1'b0}} : across) + {{2 * LOG{1'b0}}, pixel};
            wire [SUM-1:0] total = (starts_y ? {SUM{1'b0}} : sums[SUM-1:0]) + more;
            assign value = total[SUM-1:2*LOG];
            assign completes = covered && ends_x && ends_y;
            always @(posedge clk) if (take && covered) across <= more;
            if (WIDTH == 1) begin : one
                always @(posedge clk) if (take && covered && ends_x) sums <= total;
            end else begin : several
                always @(posedge clk) if (take && covered && ends_x) sums <= {total, sums[WIDTH*SUM-1:SUM]};
            end
        end
    endgenerate

    reg [COUNT-1:0] word;
    reg [ADDRESS-1:0] start;
    wire [8*WIDTH-1:0] rows;
    integer k, p;
    assign blocked = pending && completes;

    genvar g;
    generate
        for (g = 0; g < 8; g = g + 1) begin : plane
            reg [WIDTH-1:0] row;
            assign rows[g*WIDTH+:WIDTH] = row;
            if (WIDTH == 1) begin : one
                always @(posedge clk) if (take && completes) row <= value[g];
            end else begin : several
                always @(posedge clk) if (take && completes) row <= {value[g], row[WIDTH-1:1]};
            end
        end
    endgenerate

    always @* begin
        data = {PLANES * LANES{1'b0}};
        for (k = 0; k < WORDS; k = k + 1)
            if (word == k[COUNT-1:0])
                for (p = 0; p < PLANES && k * PLANES + p < 8; p = p + 1)
                    data[p*LANES+:WIDTH] = rows[(k*PLANES+p)*WIDTH+:WIDTH];
    end

    always @(posedge clk)
        if (clear) begin
            pending <= 1'b0;
            word    <= {COUNT{1'b0}};
            start   <= BASE;
            address <= BASE;
        end else begin
            if (take && completes && column + 1'b1 == COLUMNS[XBITS:0]) pending <= 1'b1;
            else if (grant && word == LAST[COUNT-1:0]) pending <= 1'b0;
            if (grant && word == LAST[COUNT-1:0]) begin
                word    <= {COUNT{1'b0}};
                start   <= start + 1'b1;
                address <= start + 1'b1;
            end else if (grant) begin
                word    <= word + 1'b1;
                address <= address + STRIDE[ADDRESS-1:0];
            end
        end
endmodule
