// Layers that read hidden units, max(0, sum), by a table of steps, one a clock and one adder for all. An output is made
// by doubling and adding: the units that the highest plane of its weights' magnitudes names, a doubling, the units of
// the next plane, and so on. A doubling takes in a bit of the bias, whose higher bits come before the first plane.
// A layer's units lie in a ring that each unit's step turns by one. Steps:
//   0 PASS a unit    1 ADD it    2 SUBTRACT it    4, 5 DOUBLE, plus the lowest bit    6 GIVE the output    7 NEXT layer
module lbp_hidden #(
    parameter UNIT   = 2,  // bits of the first ring's sums, two's complement
    parameter SCORE  = 4,  // bits of every layer's outputs, at least UNIT
    parameter LAYERS = 1,
    parameter LAYER  = 1,  // bits of a layer's number
    parameter [16*LAYERS-1:0] SIZES = 0,  // units that each layer reads, 16 bits each, the first lowest
    parameter STEPS  = 2,
    parameter STEP   = 1,  // bits of a step's number
    parameter FILE   = ""
) (
    input  wire             clk,
    input  wire             running,  // low between images
    input  wire [ UNIT-1:0] unit,     // the first ring's, in order from the first
    output wire             turn,     // the first ring
    output wire             valid,
    output wire [SCORE-1:0] score
);
    localparam [31:0] LAST = LAYERS - 1;

    reg  [STEP-1:0] pc;
    wire [STEP-1:0] next_pc = running ? pc + 1'b1 : {STEP{1'b0}};
    wire [2:0] step;
    lbp_rom #(
        .WIDTH(3),
        .DEPTH(STEPS),
        .ADDRESS(STEP),
        .FILE(FILE)
    ) table_of_steps (
        .clk(clk),
        .address(next_pc),
        .q(step)
    );
    always @(posedge clk) pc <= next_pc;
    wire turns = running && !step[2];
    wire give = running && step == 3'd6;

    // The rings; what a later layer reads was given by the one before it.
    wire [LAYER-1:0] layer;
    wire [LAYERS*SCORE-1:0] fronts;
    reg  [SCORE-1:0] sum, front;
    assign fronts[SCORE-1:0] = {{SCORE - UNIT + 1{unit[UNIT-1]}}, unit[UNIT-2:0]};
    assign turn = turns && layer == {LAYER{1'b0}};
    genvar g;
    generate
        if (LAYERS == 1) begin : one
            assign layer = {LAYER{1'b0}};
        end else begin : several
            reg [LAYER-1:0] number;
            assign layer = number;
            always @(posedge clk)
                if (!running) number <= {LAYER{1'b0}};
                else if (step == 3'd7) number <= number + 1'b1;
        end
        for (g = 1; g < LAYERS; g = g + 1) begin : ring_of
            localparam [31:0] NUMBER = g;
            localparam WIDTH = SCORE * SIZES[16*g+:16];
            reg  [WIDTH-1:0] ring;
            wire read = layer == NUMBER[LAYER-1:0];
            wire made = layer + 1'b1 == NUMBER[LAYER-1:0];
            assign fronts[g*SCORE+:SCORE] = ring[SCORE-1:0];
            always @(posedge clk)
                if (read ? turns : made && give) ring <= {read ? ring[SCORE-1:0] : sum, ring[WIDTH-1:SCORE]};
        end
    endgenerate
    integer i;
    always @* begin
        front = {SCORE{1'b0}};
        for (i = 0; i < LAYERS; i = i + 1) if (layer == i[LAYER-1:0]) front = fronts[i*SCORE+:SCORE];
    end

    // The output; a carry comes in below where two's complement adds one to a unit that is subtracted.
    wire [SCORE-1:0] named = front & {SCORE{!front[SCORE-1] && |step[1:0]}};
    wire [SCORE-1:0] total;
    wire unused_carry;
    assign {total, unused_carry} = {sum, 1'b1} + {named ^ {SCORE{step[1]}}, step[1]};
    always @(posedge clk)
        if (!running || (step[2] && step[1])) sum <= {SCORE{1'b0}};
        else if (step[2]) sum <= {sum[SCORE-2:0], step[0]};
        else sum <= total;
    assign score = sum;
    assign valid = give && layer == LAST[LAYER-1:0];
endmodule
