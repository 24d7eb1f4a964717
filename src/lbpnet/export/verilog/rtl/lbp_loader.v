// Takes the image, all channels of a pixel at once, row by row, and fills the map memory with its sources.
// CHANNEL, LOG and BASE hold 32 bits a source, the first lowest.
module lbp_loader #(
    parameter CHANNELS = 1,
    parameter WIDTH    = 1,  // of the image
    parameter HEIGHT   = 1,
    parameter XBITS    = 1,
    parameter YBITS    = 1,
    parameter LANES    = 1,
    parameter PLANES   = 1,
    parameter WORDS    = 8,
    parameter ADDRESS  = 1,
    parameter SOURCES  = 1,
    parameter [32*SOURCES-1:0] CHANNEL = 0,
    parameter [32*SOURCES-1:0] LOG = 0,
    parameter [32*SOURCES-1:0] BASE = 0
) (
    input  wire                    clk,
    input  wire                    clear,
    input  wire                    loading,
    input  wire                    valid,
    output wire                    ready,
    // A network may leave channels out.
    // verilator lint_off UNUSEDSIGNAL
    input  wire [  8*CHANNELS-1:0] pixel,
    // verilator lint_on UNUSEDSIGNAL
    output wire                    loaded,
    output wire                    write,
    output reg  [     ADDRESS-1:0] address,
    output reg  [PLANES*LANES-1:0] data
);
    localparam WORD = PLANES * LANES;
    localparam [31:0] END_X = WIDTH - 1;
    localparam [31:0] END_Y = HEIGHT - 1;

    reg [XBITS-1:0] x;
    reg [YBITS-1:0] y;
    reg full;
    wire take = valid && ready;
    wire [SOURCES-1:0] blocked, pending, grant;
    wire [SOURCES*ADDRESS-1:0] addresses;
    wire [SOURCES*WORD-1:0] words;
    integer i;

    assign write  = |pending;
    assign grant  = pending & ~(pending - 1'b1);  // the first that waits
    assign ready  = loading && !full && !(|blocked);
    assign loaded = full && !write;

    always @* begin
        address = {ADDRESS{1'b0}};
        data = {WORD{1'b0}};
        for (i = 0; i < SOURCES; i = i + 1)
            if (grant[i]) begin
                address = addresses[i*ADDRESS+:ADDRESS];
                data = words[i*WORD+:WORD];
            end
    end

    genvar s;
    generate
        for (s = 0; s < SOURCES; s = s + 1) begin : source
            localparam FROM = CHANNEL[32*s+:32];
            localparam SHIFT = LOG[32*s+:32];
            lbp_source #(
                .LANES(LANES),
                .PLANES(PLANES),
                .WORDS(WORDS),
                .ADDRESS(ADDRESS),
                .XBITS(XBITS),
                .YBITS(YBITS),
                .WIDTH(WIDTH >> SHIFT),
                .HEIGHT(HEIGHT >> SHIFT),
                .LOG(SHIFT),
                .BASE(BASE[32*s+:ADDRESS])
            ) rows_of (
                .clk(clk),
                .clear(clear),
                .take(take),
                .pixel(pixel[8*FROM+:8]),
                .x(x),
                .y(y),
                .blocked(blocked[s]),
                .pending(pending[s]),
                .grant(grant[s]),
                .address(addresses[s*ADDRESS+:ADDRESS]),
                .data(words[s*WORD+:WORD])
            );
        end
    endgenerate

    always @(posedge clk)
        if (clear) begin
            x    <= {XBITS{1'b0}};
            y    <= {YBITS{1'b0}};
            full <= 1'b0;
        end else if (take) begin
            x <= x == END_X[XBITS-1:0] ? {XBITS{1'b0}} : x + 1'b1;
            if (x == END_X[XBITS-1:0]) begin
                y <= y + 1'b1;
                if (y == END_Y[YBITS-1:0]) full <= 1'b1;
            end
        end
endmodule
