// Threads that wait for work: a small batch is done before a new thread has started.
#ifndef LBP_WORKERS_H
#define LBP_WORKERS_H

#include <cstddef>
#include <functional>

// Calls job(part) once for part 0, in this thread, and at most once for each of 1..parts-1, in threads that are free;
// returns when all that began have ended. So what one part leaves undone, another must take up: see batch.h. Threads
// are started when first asked for, wait for the next call a moment at work and then asleep, and are never ended; one
// that a machine refuses is done without. May be called from many threads at once, and after a fork.
void lbp_run_parts(size_t parts, const std::function<void(size_t)> &job);

#endif
