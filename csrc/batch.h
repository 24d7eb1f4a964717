// What every binding shares: typed arrays, argument checks, the batch split over threads.
#ifndef LBP_BATCH_H
#define LBP_BATCH_H

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "workers.h"

namespace nb = nanobind;

template <int Dims>
using Floats = nb::ndarray<const float, nb::ndim<Dims>, nb::c_contig, nb::device::cpu>;
template <int Dims>
using MutableFloats = nb::ndarray<float, nb::ndim<Dims>, nb::c_contig, nb::device::cpu>;
template <int Dims>
using Indices = nb::ndarray<const int32_t, nb::ndim<Dims>, nb::c_contig, nb::device::cpu>;

// Python sees a ValueError.
inline void require(bool condition, const std::string &message) {
    if (!condition) throw std::invalid_argument(message);
}

template <class Array>
void require_shape(const Array &array, const std::vector<size_t> &shape, const char *name) {
    bool same = array.ndim() == shape.size();
    for (size_t i = 0; same && i < shape.size(); i++) same = array.shape(i) == shape[i];
    if (same) return;
    std::string wanted;
    for (size_t i = 0; i < shape.size(); i++) wanted += (i ? ", " : "") + std::to_string(shape[i]);
    require(false, std::string(name) + ": expected shape (" + wanted + ")");
}

// Threads that a batch is worth.
inline size_t parts_of(size_t count, int threads) {
    return std::max<size_t>(1, std::min<size_t>(count, threads < 1 ? 1 : static_cast<size_t>(threads)));
}

// One thread's scratch memory, from the start of a cache line: vectors stored there then never cross into the next.
class Scratch {
  public:
    explicit Scratch(size_t floats) : memory(floats + LINE / sizeof(float)) {}
    float *data() {
        const size_t past = reinterpret_cast<uintptr_t>(memory.data()) % LINE;
        return memory.data() + (past ? (LINE - past) / sizeof(float) : 0);
    }

  private:
    static constexpr size_t LINE = 64;
    std::vector<float> memory;
};

// Scratch is allocated before threads work, one part each, so that none of them can fail.
inline std::vector<Scratch> scratch_for(size_t batch, int threads, size_t floats) {
    std::vector<Scratch> parts;
    for (size_t part = 0; part < parts_of(batch, threads); part++) parts.emplace_back(floats);
    return parts;
}

// Calls work(part, first, last) on shares of 0..count-1, at least `shares` of them, until all are done, without the
// interpreter's lock: a thread that starts late does less. A part's calls follow each other; `work` must not throw:
// whatever it needs is allocated before.
inline void for_each_share(size_t count, int threads, size_t shares, const std::function<void(size_t, size_t, size_t)> &work) {
    nb::gil_scoped_release release;
    const size_t parts = parts_of(count, threads), size = parts == 1 ? count : std::max<size_t>(1, count / shares);
    std::atomic<size_t> next{0};
    lbp_run_parts(parts, [&](size_t part) {
        for (size_t first; (first = next.fetch_add(size)) < count;) work(part, first, std::min(count, first + size));
    });
}

// The same on near-equal shares, one a part: for what costs something to begin.
inline void for_each_part(size_t count, int threads, const std::function<void(size_t, size_t, size_t)> &work) {
    nb::gil_scoped_release release;
    const size_t parts = parts_of(count, threads);
    std::atomic<size_t> next{0};
    lbp_run_parts(parts, [&](size_t) {
        for (size_t part; (part = next.fetch_add(1)) < parts;)
            work(part, count * part / parts, count * (part + 1) / parts);
    });
}

#endif
