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
    output wire [PLANES*LANES-1:0] data
);
    localparam [XBITS:0] COLUMNS = WIDTH << LOG;
    localparam [YBITS:0] ROWS = HEIGHT << LOG;
    localparam [ADDRESS-1:0] STRIDE = HEIGHT;
    localparam LAST = WORDS - 1;
    localparam COUNT = 4;

    wire [XBITS:0] column = {1'b0, x};
    wire [YBITS:0] line = {1'b0, y};
    wire covered = column < COLUMNS && line < ROWS;
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
            wire [(WIDTH+1)*SUM-1:0] turned = {total, sums};
            assign value = total[SUM-1:2*LOG];
            assign completes = covered && ends_x && ends_y;
            always @(posedge clk)
                if (take && covered) begin
                    across <= more;
                    if (ends_x) sums <= turned[(WIDTH+1)*SUM-1:SUM];
                end
        end
    endgenerate

    reg [COUNT-1:0] word;
    reg [ADDRESS-1:0] start;
    wire [WORDS*PLANES*LANES-1:0] planes;
    wire [PLANES*LANES-1:0] chosen[0:WORDS];
    assign chosen[0] = {PLANES * LANES{1'b0}};
    assign data = chosen[WORDS];
    assign blocked = pending && completes;

    genvar p, k;
    generate
        for (p = 0; p < WORDS * PLANES; p = p + 1) begin : plane
            if (p < 8) begin : kept
                reg  [WIDTH-1:0] row;
                wire [WIDTH:0] longer = {value[p], row};
                wire [LANES:0] wide = {{LANES + 1 - WIDTH{1'b0}}, row};
                assign planes[p*LANES+:LANES] = wide[LANES-1:0];
                always @(posedge clk) if (take && completes) row <= longer[WIDTH:1];
            end else begin : none
                assign planes[p*LANES+:LANES] = {LANES{1'b0}};
            end
        end
        for (k = 0; k < WORDS; k = k + 1) begin : choice
            localparam [COUNT-1:0] NUMBER = k;
            assign chosen[k+1] = chosen[k] | ({PLANES * LANES{word == NUMBER}} & planes[k*PLANES*LANES+:PLANES*LANES]);
        end
    endgenerate

    always @(posedge clk)
        if (clear) begin
            pending <= 1'b0;
            word    <= {COUNT{1'b0}};
            start   <= BASE;
            address <= BASE;
        end else begin
            if (take && completes && column == COLUMNS - 1'b1) pending <= 1'b1;
            else if (grant && word == LAST[COUNT-1:0]) pending <= 1'b0;
            if (grant && word == LAST[COUNT-1:0]) begin
                word    <= {COUNT{1'b0}};
                start   <= start + 1'b1;
                address <= start + 1'b1;
            end else if (grant) begin
                word    <= word + 1'b1;
                address <= address + STRIDE;
            end
        end
endmodule
