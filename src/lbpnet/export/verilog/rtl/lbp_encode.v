// Makes a row of a map from rows of bits that come one after the other: `pack` puts the i-th into plane i, `count` adds
// them up, `direct` takes whole words of planes. At the end each lane gives max(v, level) - level, or with `threshold`
// the one bit v >= level.
module lbp_encode #(
    parameter PLANES    = 1,  // of the map
    parameter WORD      = 1,  // planes of a word of `direct`
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
    reg  [PLANES*LANES-1:0] sum;
    wire [PLANES*LANES-1:0] old = begins ? {PLANES * LANES{1'b0}} : sum;
    wire [ (PLANES+1)*LANES-1:0] carry;
    wire [PLANES*LANES-1:0] next;
    assign carry[LANES-1:0] = bits;

    genvar p, x;
    generate
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            localparam [INDEX-1:0] PACKED = p;
            localparam [INDEX-1:0] TAKEN = p - p % WORD;
            wire [LANES-1:0] was = old[p*LANES+:LANES];
            wire [LANES-1:0] more = carry[p*LANES+:LANES];
            wire [LANES-1:0] added = was ^ more;
            wire [LANES-1:0] packed_bits = number == PACKED ? bits : was;
            wire [LANES-1:0] taken = number == TAKEN ? word[(p%WORD)*LANES+:LANES] : was;
            wire [LANES-1:0] coded = COUNT != 0 && counting ? added : packed_bits;
            assign carry[(p+1)*LANES+:LANES] = was & more;
            assign next[p*LANES+:LANES] = DIRECT != 0 && take ? taken : coded;
        end
        for (x = 0; x < LANES; x = x + 1) begin : lane
            wire [PLANES-1:0] value;
            wire [LEVEL:0] wide = {{LEVEL + 1 - PLANES{1'b0}}, value};
            wire [LEVEL:0] rest = wide - {1'b0, level};
            wire reached = ~rest[LEVEL];
            for (p = 0; p < PLANES; p = p + 1) begin : bit_of
                assign value[p] = sum[p*LANES+x];
                wire kept = reached & rest[p];
                if (THRESHOLD == 0) assign row[p*LANES+x] = kept;
                else if (p == 0) assign row[p*LANES+x] = threshold ? reached : kept;
                else assign row[p*LANES+x] = ~threshold & kept;
            end
        end
    endgenerate

    always @(posedge clk) if (point || take) sum <= next;
endmodule
