// Runs the table of instructions: for each map, for each of its rows, the instructions between START and the one marked
// `last`; each reads the words it needs from the map memory, one a clock, and says what the row unit does with them a
// clock later. Instructions, from bit 0: op[3], last[1], then, for what reads rows: words - 1 [COUNT], dx [DX], dy [DY],
// base [ADDRESS].
//   COMPARE  bit: the neighbour at (dy, dx) exceeds the centre    BIT   bit: the map's only plane
//   CONSTANT bit: bit 0 of `words - 1`                            COPY  the map's words, highest first from base
//   LARGEST  of 2 x 2 blocks, words as COPY                       START rows: store [1], pool [1], wait [1]
//   SET      register [3] = value [VALUE]                         HALT  the image is done
module lbp_sequencer #(
    parameter WIDTH   = 8,   // of an instruction
    parameter PC      = 1,
    parameter COUNT   = 1,
    parameter DX      = 1,
    parameter DY      = 1,
    parameter ADDRESS = 2,
    parameter ROW     = 1,
    parameter VALUE   = 2,
    parameter LEVEL   = 1,
    parameter INDEX   = 1,
    parameter SIDE    = 1,   // bits of a level's number
    parameter WORD    = 1,   // planes of a word
    parameter HEIGHT  = 1,   // of pooled maps
    parameter COST    = 1,
    parameter [HEIGHT*COST-1:0] COSTS = 0  // clocks that pooling a row takes, less one
) (
    input  wire               clk,
    input  wire               running,
    input  wire [  WIDTH-1:0] code,
    output wire [     PC-1:0] next_pc,
    input  wire               stall,       // the memory's port is in use
    input  wire               idle,        // nothing is on its way
    output wire               done,
    output wire [ADDRESS-1:0] address,
    // What every row of the map needs; changes only when nothing is on its way.
    output reg  [    ROW-1:0] height,
    output reg  [   SIDE-1:0] side,
    output reg                counting,
    output reg                threshold,
    output reg  [  LEVEL-1:0] level,
    output reg  [  COUNT-1:0] out_last,
    // What to do with the word that the memory now gives.
    output reg  [     DX-1:0] dx,
    output reg                keep,        // the first of two words
    output reg                single,      // neighbour and centre are one word
    output reg                step,        // a word's comparison, or a word of planes, is complete
    output reg                first_word,
    output reg                point,       // a bit is complete
    output reg                plain,       // it is the word's
    output reg                constant,
    output reg                value,
    output reg                take,        // a word of planes is complete
    output reg                pair,        // it is the largest of two rows
    output reg                begins,
    output reg  [  INDEX-1:0] number,
    output reg                finish,
    output reg                store,
    output reg                pool
);
    localparam [2:0] COMPARE = 0, BIT = 1, CONSTANT = 2, COPY = 3, LARGEST = 4, START = 5, SET = 6, HALT = 7;
    localparam [31:0] PLANES = WORD;

    // The instruction.
    wire [2:0] op = code[2:0];
    wire last = code[3];
    wire [COUNT-1:0] words = code[4+:COUNT];
    wire [DX-1:0] to_x = code[4+COUNT+:DX];
    wire [DY-1:0] to_y = code[4+COUNT+DX+:DY];
    wire [ADDRESS-1:0] base = code[4+COUNT+DX+DY+:ADDRESS];
    wire [2:0] register = code[6:4];
    wire [VALUE-1:0] setting = code[7+:VALUE];
    wire is_compare = op == COMPARE;
    wire is_copy = op == COPY;
    wire is_largest = op == LARGEST;
    wire reads = is_compare || op == BIT || op == CONSTANT || is_copy || is_largest;

    // Where in it, and in the map.
    reg [PC-1:0] pc, loop;
    reg [ROW-1:0] y, stride;
    reg phase, fresh, storing, pooling;
    reg [COUNT-1:0] word;
    reg [ADDRESS-1:0] offset;
    reg [INDEX-1:0] points;
    reg [COST-1:0] hold;

    // Rows.
    wire [ROW:0] other = {1'b0, y} + {{ROW + 1 - DY{to_y[DY-1]}}, to_y};
    wire covered = !other[ROW] && other[ROW-1:0] < height;
    wire same = to_y == {DY{1'b0}};
    wire outside = is_compare && !covered;
    wire two = is_largest || (is_compare && !same);
    wire bottom = y == height - 1'b1;
    wire [ROW:0] row = is_largest ? {y, phase} : is_compare && !same && !phase ? other : {1'b0, y};
    assign address = base + offset + {{ADDRESS - ROW - 1{1'b0}}, row};

    // Progress.
    wire final_word = word == words;
    wire complete = outside || op == BIT || op == CONSTANT || (final_word && (phase || !two));
    wire held = complete && last && |hold;
    wire issue = running && reads && !stall && !held;
    wire ends = issue && complete;
    wire finishes = ends && last;
    wire starts = running && op == START && (idle || !code[6]);
    wire sets = running && op == SET && idle;
    assign done = running && op == HALT && idle;
    assign next_pc = !running ? {PC{1'b0}} : finishes && !bottom ? loop : ends || starts || sets ? pc + 1'b1 : pc;

    wire [ADDRESS-1:0] jump = {{ADDRESS - ROW{1'b0}}, stride};
    reg  [COST-1:0] cost;
    integer i;
    wire [COST-1:0] writes = storing ? {{COST - COUNT{1'b0}}, out_last} : {COST{1'b0}};
    wire [INDEX-1:0] plane = word_plane(words - word);
    wire completes = issue && (phase || !two);

    function [INDEX-1:0] word_plane(input [COUNT-1:0] from);
        integer b;
        begin
            word_plane = {INDEX{1'b0}};
            for (b = 0; b < COUNT; b = b + 1) if (from[b]) word_plane = word_plane + (PLANES[INDEX-1:0] << b);
        end
    endfunction

    always @* begin
        cost = {COST{1'b0}};
        for (i = 0; i < HEIGHT; i = i + 1) if (pooling && y == i[ROW-1:0]) cost = COSTS[i*COST+:COST];
    end

    always @(posedge clk) begin
        pc <= next_pc;
        if (!running) begin
            phase  <= 1'b0;
            word   <= {COUNT{1'b0}};
            offset <= {ADDRESS{1'b0}};
        end else if (issue) begin
            phase <= two && !phase && !outside;
            if (complete) begin
                word   <= {COUNT{1'b0}};
                offset <= {ADDRESS{1'b0}};
            end else if (completes) begin
                word   <= word + 1'b1;
                offset <= is_compare ? offset + jump : offset - jump;
            end
        end
        if (starts) begin
            y       <= {ROW{1'b0}};
            loop    <= pc + 1'b1;
            storing <= code[4];
            pooling <= code[5];
            fresh   <= 1'b1;
        end
        if (ends) fresh <= last;
        else if (completes && !is_compare) fresh <= 1'b0;
        if (ends) points <= last ? {INDEX{1'b0}} : points + 1'b1;
        else if (!running) points <= {INDEX{1'b0}};
        if (finishes) y <= y + 1'b1;
        if (finishes) hold <= cost > writes ? cost : writes;
        else if (!running) hold <= {COST{1'b0}};
        else if (|hold) hold <= hold - 1'b1;
        if (sets)
            case (register)
                3'd0: height <= setting[ROW-1:0];
                3'd1: stride <= setting[ROW-1:0];
                3'd2: side <= setting[SIDE-1:0];
                3'd3: {threshold, counting} <= setting[1:0];
                3'd4: level <= setting[LEVEL-1:0];
                default: out_last <= setting[COUNT-1:0];
            endcase
    end

    always @(posedge clk) begin
        dx       <= to_x;
        keep     <= issue && two && !phase && !outside;
        single   <= is_compare && same;
        step     <= completes;
        first_word <= word == {COUNT{1'b0}};
        point    <= ends && !is_copy && !is_largest;
        plain    <= op == BIT;
        constant <= op == CONSTANT || outside;
        value    <= op == CONSTANT && code[4];
        take     <= completes && (is_copy || is_largest);
        pair     <= is_largest;
        begins   <= fresh;
        finish   <= finishes;
        store    <= storing;
        pool     <= pooling;
        number   <= is_copy || is_largest ? plane : points;
    end
endmodule
