// Feeds a core images from a file of bytes (pixel after pixel, a pixel's channels one after the other), compares scores
// and classes with a file of numbers (a line an image: its scores, its class), and ends with PASS or FAIL.
//   +images=FILE +count=N       the images; +expected=FILE  what must come; +results=FILE  write what came
//   +gaps=1                     leave out pixels in a random pattern, so that the core has to wait
module lbp_testbench #(
    parameter CHANNELS = 1,
    parameter PIXELS = 1,
    parameter CLASSES = 2,
    parameter CLASS = 1,
    parameter SCORE = 4,
    parameter COUNT = 1,
    parameter IMAGES = "images.bin",
    parameter EXPECTED = "expected.txt"
) (
    output reg                   clk,
    output reg                   reset,
    output reg                   pixel_valid,
    input  wire                  pixel_ready,
    output reg  [8*CHANNELS-1:0] pixel,
    input  wire                  score_valid,
    input  wire [     SCORE-1:0] score,
    input  wire                  class_valid,
    input  wire [     CLASS-1:0] class_index
);
    reg [8*1024-1:0] images_name, expected_name, results_name;
    integer images, expected, results, count, gaps, i, got, want, status;
    integer sent, taken, answers, scores, wrong, clocks, started, filled, answered;
    integer latency, wait_for_class, interval;
    reg [15:0] noise;
    wire signed [31:0] wide_score = {{32 - SCORE{score[SCORE-1]}}, score};
    wire [31:0] wide_class = {{32 - CLASS{1'b0}}, class_index};

    initial begin
        images_name = IMAGES;
        expected_name = EXPECTED;
        if (!$value$plusargs("count=%d", count)) count = COUNT;
        if (!$value$plusargs("gaps=%d", gaps)) gaps = 0;
        if ($value$plusargs("images=%s", images_name)) expected_name = 0;
        if ($value$plusargs("expected=%s", expected_name)) expected = 0;
        images = $fopen(images_name, "rb");
        expected = 0;
        if (expected_name != 0) expected = $fopen(expected_name, "r");
        results = 0;
        if ($value$plusargs("results=%s", results_name)) results = $fopen(results_name, "w");
        if (images == 0 || (expected_name != 0 && expected == 0)) begin
            $display("FAIL: a file cannot be opened");
            $finish;
        end
        sent = 0;
        taken = 0;
        answers = 0;
        scores = 0;
        wrong = 0;
        clocks = 0;
        started = 0;
        filled = 0;
        answered = 0;
        latency = 0;
        wait_for_class = 0;
        interval = 0;
        noise = 16'hACE1;
        clk = 1'b0;
        reset = 1'b1;
        pixel_valid = 1'b0;
        pixel = {8 * CHANNELS{1'b0}};
    end

    always #5 clk = !clk;

    task check(input integer value);
        begin
            if (results != 0) $fwrite(results, "%0d\n", value);
            if (expected != 0) begin
                status = $fscanf(expected, "%d", want);
                if (status != 1 || want != value) begin
                    if (wrong == 0) $display("image %0d: expected %0d, got %0d", answers, want, value);
                    wrong = wrong + 1;
                end
            end
        end
    endtask

    // The core's outputs are read, and its inputs set, at the falling edge: away from the one it works at.
    always @(negedge clk) begin
        clocks = clocks + 1;
        noise = {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
        reset = clocks < 4;
        if (score_valid && clocks > 4) begin
            scores = scores + 1;
            check(wide_score);
        end
        if (class_valid && clocks > 4) begin
            check(wide_class);
            if (scores != CLASSES * (answers + 1)) wrong = wrong + 1;
            answers = answers + 1;
            latency = clocks - started;
            wait_for_class = clocks - filled;
            interval = clocks - answered;
            answered = clocks;
            if (answers == count) begin
                if (results != 0) $fclose(results);
                $display("clocks: %0d from the first pixel to the class, %0d from the last, %0d between classes",
                         latency, wait_for_class, interval);
                if (wrong == 0 && sent == taken) $display("PASS: %0d images", count);
                else $display("FAIL: %0d of %0d numbers differ", wrong, count * (CLASSES + 1));
                $finish;
            end
        end
    end

    // A pixel that was offered at the rising edge and found ready is taken.
    always @(posedge clk)
        if (!reset && pixel_valid && pixel_ready) begin
            if (taken % PIXELS == 0) started = clocks;
            taken = taken + 1;
            if (taken % PIXELS == 0) filled = clocks;
        end

    always @(negedge clk)
        if (clocks > 4) begin
            if (sent == taken) begin
                if (sent < count * PIXELS && (gaps == 0 || noise[1:0] != 2'b00)) begin
                    for (i = 0; i < CHANNELS; i = i + 1) begin
                        got = $fgetc(images);
                        pixel[8*i+:8] = got[7:0];
                    end
                    pixel_valid = 1'b1;
                    sent = sent + 1;
                end else pixel_valid = 1'b0;
            end
        end
endmodule
