// What the core does: takes an image, runs its program over the rows, gives the scores, then the class.
module lbp_control #(
    parameter CLASSES = 2,
    parameter CLASS   = 1
) (
    input  wire clk,
    input  wire reset,
    input  wire loaded,
    input  wire done,
    input  wire give,     // a score is given
    output wire clear,    // between images
    output wire loading,
    output wire running,
    output wire giving,
    output wire answer
);
    localparam [2:0] CLEAR = 3'd0, LOAD = 3'd1, RUN = 3'd2, GIVE = 3'd3, ANSWER = 3'd4;
    localparam [31:0] LAST = CLASSES - 1;

    reg [2:0] state;
    reg [CLASS-1:0] given;
    assign clear   = state == CLEAR;
    assign loading = state == LOAD;
    assign running = state == RUN;
    assign giving  = state == GIVE;
    assign answer  = state == ANSWER;

    always @(posedge clk)
        if (reset) state <= CLEAR;
        else
            case (state)
                CLEAR: begin
                    state <= LOAD;
                    given <= {CLASS{1'b0}};
                end
                LOAD: if (loaded) state <= RUN;
                RUN: if (done) state <= GIVE;
                GIVE: if (give) begin
                    given <= given + 1'b1;
                    if (given == LAST[CLASS-1:0]) state <= ANSWER;
                end
                default: state <= CLEAR;
            endcase
endmodule
