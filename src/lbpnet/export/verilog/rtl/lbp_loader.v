// Takes the image, all channels of a pixel at once, row by row, and fills the map memory with its sources.
// CHANNELS, LOGS and BASES hold 32 bits a source, the first lowest.
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
    input  wire [  8*CHANNELS-1:0] pixel,
    output wire                    loaded,
    output wire                    write,
    output wire [     ADDRESS-1:0] address,
    output wire [PLANES*LANES-1:0] data
);
    localparam WORD = PLANES * LANES;
    localparam [31:0] END_X = WIDTH - 1;
    localparam [31:0] END_Y = HEIGHT - 1;

    reg [XBITS-1:0] x;
    reg [YBITS-1:0] y;
    reg full;
    wire take = valid && ready;
    wire [SOURCES-1:0] blocked, pending, grant;
    wire [SOURCES:0] busy;
    wire [ADDRESS-1:0] addresses[0:SOURCES];
    wire [WORD-1:0] words[0:SOURCES];

    assign busy[0] = 1'b0;
    assign addresses[0] = {ADDRESS{1'b0}};
    assign words[0] = {WORD{1'b0}};
    assign write = busy[SOURCES];
    assign address = addresses[SOURCES];
    assign data = words[SOURCES];
    assign ready = loading && !full && !(|blocked);
    assign loaded = full && !write;

    genvar s;
    generate
        for (s = 0; s < SOURCES; s = s + 1) begin : source
            localparam FROM = CHANNEL[32*s+:32];
            localparam SHIFT = LOG[32*s+:32];
            wire [ADDRESS-1:0] own_address;
            wire [WORD-1:0] own_word;
            // The first that waits is served.
            assign grant[s] = pending[s] && !busy[s];
            assign busy[s+1] = busy[s] || pending[s];
            assign addresses[s+1] = addresses[s] | ({ADDRESS{grant[s]}} & own_address);
            assign words[s+1] = words[s] | ({WORD{grant[s]}} & own_word);
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
            ) rows (
                .clk(clk),
                .clear(clear),
                .take(take),
                .pixel(pixel[8*FROM+:8]),
                .x(x),
                .y(y),
                .blocked(blocked[s]),
                .pending(pending[s]),
                .grant(grant[s]),
                .address(own_address),
                .data(own_word)
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
