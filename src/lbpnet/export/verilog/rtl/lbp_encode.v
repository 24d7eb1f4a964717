// Makes a row of a map from rows of bits that come one after the other: `pack` puts the i-th into plane i, `count` adds
// them up, `direct` takes whole words of planes. At the end each lane gives max(v, level) - level, or with `threshold`
// the one bit v >= level.
module lbp_encode #(
    parameter PLANES    = 1,  // of the map
    parameter WORD      = 1,  // planes of a word of `direct`, at most PLANES
    parameter LANES     = 1,
    parameter INDEX     = 1,  // bits of a plane's number
    parameter LEVEL     = 1,
    parameter COUNT     = 0,  // whether each way is used at all
    parameter DIRECT    = 0,
    parameter THRESHOLD = 0
) (
    input  wire                    clk,
    input  wire                    point,      // a row of bits
    input  wire                    take,       // a word of planes
    input  wire                    begins,     // the first of a row
    input  wire                    counting,
    input  wire [       LANES-1:0] bits,
    input  wire [  WORD*LANES-1:0] word,
    input  wire [       INDEX-1:0] number,     // of the bit's plane, or of the word's lowest plane
    input  wire                    threshold,
    input  wire [       LEVEL-1:0] level,
    output wire [PLANES*LANES-1:0] row         // of what came until the clock before
);
    reg [PLANES*LANES-1:0] sum, next;
    reg [LANES-1:0] carry, was;
    integer p;

    always @* begin
        next = begins ? {PLANES * LANES{1'b0}} : sum;
        carry = bits;
        was = {LANES{1'b0}};
        if (DIRECT != 0 && take) begin
            for (p = 0; p < PLANES; p = p + WORD)
                if (number == p[INDEX-1:0]) next[p*LANES+:WORD*LANES] = word;
        end else if (COUNT != 0 && counting) begin
            for (p = 0; p < PLANES; p = p + 1) begin
                was = next[p*LANES+:LANES];
                next[p*LANES+:LANES] = was ^ carry;
                carry = was & carry;
            end
        end else
            for (p = 0; p < PLANES; p = p + 1) if (number == p[INDEX-1:0]) next[p*LANES+:LANES] = bits;
    end

    always @(posedge clk) if (point || take) sum <= next;

    genvar g, x;
    generate
        for (x = 0; x < LANES; x = x + 1) begin : lane
            wire [LEVEL:0] value, rest;
            assign rest = value - {1'b0, level};
            for (g = 0; g < PLANES; g = g + 1) begin : plane
                assign value[g] = sum[g*LANES+x];
                // No borrow: the value reaches the level.
                assign row[g*LANES+x] = !rest[LEVEL] && (THRESHOLD != 0 && threshold ? g == 0 : rest[g]);
            end
            assign value[LEVEL:PLANES] = {LEVEL + 1 - PLANES{1'b0}};
        end
    endgenerate
endmodule
