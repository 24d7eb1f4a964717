// A classifier: an image in, a pixel (all its channels) a clock while `ready`; then its scores, one a clock or, from
// hidden units, one after the other, and its class. Between them a sequencer runs the network map by map, a row of all
// lanes at a time, over one map memory.
module lbp_core #(
    parameter IMAGE_CHANNELS = 1,
    parameter IMAGE_WIDTH = 1,
    parameter IMAGE_HEIGHT = 1,
    parameter XBITS = 1,
    parameter YBITS = 1,
    parameter SOURCES = 1,
    parameter [32*SOURCES-1:0] SOURCE_CHANNEL = 0,
    parameter [32*SOURCES-1:0] SOURCE_LOG = 0,
    parameter [32*SOURCES-1:0] SOURCE_BASE = 0,
    parameter SOURCE_WORDS = 8,
    parameter LANES = 1,
    parameter WORD = 1,          // planes of a word of the map memory
    parameter DEPTH = 2,
    parameter SPRAM = 0,
    parameter ADDRESS = 2,
    parameter MAPS_BASE = 0,
    parameter PLANES = 1,        // of the longest row
    parameter COUNT = 1,
    parameter CODE = 8,
    parameter LENGTH = 2,
    parameter PC = 1,
    parameter CODE_FILE = "",
    parameter DXS = 1,
    parameter DX = 1,
    parameter [8*DXS-1:0] AMOUNTS = 0,
    parameter DY = 1,
    parameter ROW = 1,
    parameter VALUE = 2,
    parameter LEVEL = 1,
    parameter INDEX = 1,
    parameter SIDES = 1,
    parameter SIDE = 1,
    parameter [SIDES*LANES-1:0] SIDE_MASKS = 0,
    parameter HAS_COUNT = 0,
    parameter HAS_THRESHOLD = 0,
    parameter HAS_COPY = 0,
    parameter HAS_LARGEST = 0,
    parameter POOL_PLANES = 1,
    parameter POOL_HEIGHT = 1,
    parameter POOL_ROWS = 1,
    parameter POOL_COLUMNS = 1,
    parameter COLUMN = 1,
    parameter ONES = 1,
    parameter [POOL_HEIGHT*POOL_ROWS-1:0] ACTIVE = 0,
    parameter [POOL_COLUMNS*LANES-1:0] MASKS = 0,
    parameter COST = 1,
    parameter [POOL_HEIGHT*COST-1:0] COSTS = 0,
    parameter FEATURES = 2,
    parameter FEATURE = 1,
    parameter WEIGHT = 2,
    parameter WEIGHTS_FILE = "",
    parameter CLASSES = 2,
    parameter CLASS = 1,
    parameter SCORE = 4,
    parameter UNITS = CLASSES,   // sums that the weights of features make: scores, or hidden units
    parameter UNIT = SCORE,
    parameter [UNITS*UNIT-1:0] BIASES = 0,
    parameter STEPS = 0,         // of the layers that read hidden units; 0: there are none
    parameter STEP = 1,
    parameter HIDDEN_FILE = "",
    parameter LAYERS = 1,
    parameter LAYER = 1,
    parameter [16*LAYERS-1:0] SIZES = 0
) (
    input  wire                        clk,
    input  wire                        reset,
    input  wire                        pixel_valid,
    output wire                        pixel_ready,
    input  wire [8*IMAGE_CHANNELS-1:0] pixel,
    output wire                        score_valid,
    output wire [           SCORE-1:0] score,
    output wire                        class_valid,
    output wire [           CLASS-1:0] class_index
);
    localparam BITS = WORD * LANES;
    localparam TAKEN = (WORD < PLANES ? WORD : PLANES) * LANES;  // of a word that becomes part of a row

    wire clear, loading, loaded, running, done, idle, giving;
    lbp_control #(CLASSES, CLASS) control (
        .clk(clk),
        .reset(reset),
        .loaded(loaded),
        .done(done),
        .give(STEPS == 0 || score_valid),
        .clear(clear),
        .loading(loading),
        .running(running),
        .giving(giving),
        .answer(class_valid)
    );

    // The map memory and its users.
    wire load, write;
    wire [ADDRESS-1:0] load_address, write_address, read_address;
    wire [BITS-1:0] load_word, write_word, q;
    lbp_map_memory #(BITS, DEPTH, ADDRESS, SPRAM) maps (
        .clk(clk),
        .write(load || write),
        .address(load ? load_address : write ? write_address : read_address),
        .data(load ? load_word : write_word),
        .q(q)
    );
    lbp_loader #(
        .CHANNELS(IMAGE_CHANNELS),
        .WIDTH(IMAGE_WIDTH),
        .HEIGHT(IMAGE_HEIGHT),
        .XBITS(XBITS),
        .YBITS(YBITS),
        .LANES(LANES),
        .PLANES(WORD),
        .WORDS(SOURCE_WORDS),
        .ADDRESS(ADDRESS),
        .SOURCES(SOURCES),
        .CHANNEL(SOURCE_CHANNEL),
        .LOG(SOURCE_LOG),
        .BASE(SOURCE_BASE)
    ) loader (
        .clk(clk),
        .clear(clear),
        .loading(loading),
        .valid(pixel_valid),
        .ready(pixel_ready),
        .pixel(pixel),
        .loaded(loaded),
        .write(load),
        .address(load_address),
        .data(load_word)
    );

    // Instructions.
    wire [CODE-1:0] code;
    wire [PC-1:0] next_pc;
    wire [ROW-1:0] height;
    wire [SIDE-1:0] side;
    wire counting, threshold;
    wire [LEVEL-1:0] level;
    wire [COUNT-1:0] out_last;
    wire [DX-1:0] dx;
    wire keep, single, step, first_word, point, plain, constant, value, take, pair, begins, finish, store, pool;
    wire [INDEX-1:0] number;
    lbp_rom #(
        .WIDTH(CODE),
        .DEPTH(LENGTH),
        .ADDRESS(PC),
        .FILE(CODE_FILE)
    ) table_of_code (
        .clk(clk),
        .address(next_pc),
        .q(code)
    );
    lbp_sequencer #(
        .WIDTH(CODE),
        .PC(PC),
        .COUNT(COUNT),
        .DX(DX),
        .DY(DY),
        .ADDRESS(ADDRESS),
        .ROW(ROW),
        .VALUE(VALUE),
        .LEVEL(LEVEL),
        .INDEX(INDEX),
        .SIDE(SIDE),
        .WORD(WORD),
        .HEIGHT(POOL_HEIGHT),
        .COST(COST),
        .COSTS(COSTS)
    ) sequencer (
        .clk(clk),
        .running(running),
        .code(code),
        .next_pc(next_pc),
        .stall(write),
        .idle(idle),
        .done(done),
        .address(read_address),
        .height(height),
        .side(side),
        .counting(counting),
        .threshold(threshold),
        .level(level),
        .out_last(out_last),
        .dx(dx),
        .keep(keep),
        .single(single),
        .step(step),
        .first_word(first_word),
        .point(point),
        .plain(plain),
        .constant(constant),
        .value(value),
        .take(take),
        .pair(pair),
        .begins(begins),
        .number(number),
        .finish(finish),
        .store(store),
        .pool(pool)
    );

    // A clock after the read: the word, or two of them, to a row of bits or a word of planes.
    wire [BITS-1:0] moved;
    wire [TAKEN-1:0] largest;
    reg  [BITS-1:0] kept;
    wire [LANES-1:0] exceeds;
    reg  [LANES-1:0] exceeded;
    lbp_neighbour #(WORD, LANES, DXS, DX, AMOUNTS) neighbour (
        .row(q),
        .choice(dx),
        .moved(moved)
    );
    lbp_compare #(WORD, LANES) compare (
        .neighbour(single ? moved : kept),
        .centre(q),
        .lower(exceeded & {LANES{!first_word}}),
        .exceeds(exceeds)
    );
    generate
        if (HAS_LARGEST != 0) begin : pooled_maps
            lbp_largest #(TAKEN / LANES, LANES) largest_of_four (
                .clk(clk),
                .enable(take && pair),
                .first(first_word),
                .upper(kept[TAKEN-1:0]),
                .below(q[TAKEN-1:0]),
                .largest(largest)
            );
        end else begin : no_pooled_maps
            assign largest = q[TAKEN-1:0];
        end
    endgenerate

    // Two clocks after: into the row that is made. Three: the row is complete.
    reg point_2, take_2, begins_2, finish_2, store_2, pool_2, finish_3, store_3, pool_3;
    reg [INDEX-1:0] number_2;
    reg [LANES-1:0] bits;
    reg [TAKEN-1:0] word;
    wire [PLANES*LANES-1:0] coded;
    reg [LANES-1:0] covered;
    integer i;
    reg [PLANES*LANES-1:0] row;
    always @(posedge clk) begin
        if (keep) kept <= moved;
        if (step) exceeded <= exceeds;
        bits     <= constant ? {LANES{value}} : plain ? q[LANES-1:0] : exceeds;
        word     <= pair ? largest : q[TAKEN-1:0];
        number_2 <= number;
        begins_2 <= begins;
        store_2  <= store;
        pool_2   <= pool;
        store_3  <= store_2;
        pool_3   <= pool_2;
        point_2  <= point && running;
        take_2   <= take && running;
        finish_2 <= finish && running;
        finish_3 <= finish_2 && running;
        if (finish_3) row <= coded & {PLANES{covered}};
    end
    lbp_encode #(
        .PLANES(PLANES),
        .WORD(TAKEN / LANES),
        .LANES(LANES),
        .INDEX(INDEX),
        .LEVEL(LEVEL),
        .COUNT(HAS_COUNT),
        .DIRECT(HAS_COPY + HAS_LARGEST),
        .THRESHOLD(HAS_THRESHOLD)
    ) encode (
        .clk(clk),
        .point(point_2),
        .take(take_2),
        .begins(begins_2),
        .counting(counting),
        .bits(bits),
        .word(word),
        .number(number_2),
        .threshold(threshold),
        .level(level),
        .row(coded)
    );
    always @* begin
        covered = {LANES{1'b0}};
        for (i = 0; i < SIDES; i = i + 1) if (side == i[SIDE-1:0]) covered = SIDE_MASKS[i*LANES+:LANES];
    end

    // Then: the row is stored, pooled, or both.
    wire pool_idle, sum_valid;
    wire [FEATURE-1:0] feature;
    wire [POOL_PLANES+ONES-1:0] sum;
    assign idle = !(keep || point || take || point_2 || take_2 || finish_3 || write) && pool_idle;
    lbp_writer #(
        .PLANES(WORD),
        .ROWS(PLANES),
        .LANES(LANES),
        .COUNT(COUNT),
        .ROW(ROW),
        .ADDRESS(ADDRESS),
        .BASE(MAPS_BASE)
    ) writer (
        .clk(clk),
        .clear(clear),
        .start(finish_3 && store_3),
        .row(row),
        .last(out_last),
        .height(height),
        .write(write),
        .address(write_address),
        .data(write_word)
    );
    lbp_pool #(
        .PLANES(POOL_PLANES),
        .LANES(LANES),
        .HEIGHT(POOL_HEIGHT),
        .ROWS(POOL_ROWS),
        .COLUMNS(POOL_COLUMNS),
        .ROW(ROW),
        .COLUMN(COLUMN),
        .FEATURE(FEATURE),
        .ONES(ONES),
        .ACTIVE(ACTIVE),
        .MASKS(MASKS)
    ) pooled_sums (
        .clk(clk),
        .clear(clear),
        .start(finish_3 && pool_3),
        .row(row[POOL_PLANES*LANES-1:0]),
        .feature(feature),
        .valid(sum_valid),
        .sum(sum),
        .idle(pool_idle)
    );
    wire turn;
    wire [UNIT-1:0] unit;
    lbp_weights #(
        .CLASSES(UNITS),
        .WEIGHT(WEIGHT),
        .SUM(POOL_PLANES + ONES),
        .SCORE(UNIT),
        .FEATURES(FEATURES),
        .FEATURE(FEATURE),
        .FILE(WEIGHTS_FILE),
        .RING(STEPS),
        .BIASES(BIASES)
    ) head (
        .clk(clk),
        .load(clear),
        .feature(feature),
        .valid(sum_valid),
        .sum(sum),
        .shift(turn),
        .score(unit)
    );
    generate
        if (STEPS == 0) begin : no_hidden_units
            assign turn = giving;
            assign score_valid = giving;
            assign score = unit;
        end else begin : hidden_units
            lbp_hidden #(
                .UNIT(UNIT),
                .SCORE(SCORE),
                .LAYERS(LAYERS),
                .LAYER(LAYER),
                .SIZES(SIZES),
                .STEPS(STEPS),
                .STEP(STEP),
                .FILE(HIDDEN_FILE)
            ) hidden (
                .clk(clk),
                .running(giving),
                .unit(unit),
                .turn(turn),
                .valid(score_valid),
                .score(score)
            );
        end
    endgenerate
    lbp_argmax #(SCORE, CLASS) argmax (
        .clk(clk),
        .clear(clear),
        .valid(score_valid),
        .score(score),
        .best(class_index)
    );
endmodule
