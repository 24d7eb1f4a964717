// Binding of the inference engine: a plan, loaded once, called from any number of threads.
#include <nanobind/stl/string.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "batch.h"
#include "bindings.h"
#include "dispatch.h"
#include "engine_plan.h"

namespace {

using Images = nb::ndarray<const uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using Features = nb::ndarray<uint16_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Scores = nb::ndarray<int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

struct Free {
    void operator()(lbp_engine *engine) const { lbp_engine_free(engine); }
    void operator()(uint8_t *scratch) const { std::free(scratch); }
};
using Scratch = std::unique_ptr<uint8_t, Free>;

// A view of an array's memory, or of nothing where the object has none of that kind.
class Buffer {
  public:
    Buffer(nb::handle object, int flags) : there_(PyObject_GetBuffer(object.ptr(), &view_, flags) == 0) {
        if (!there_) PyErr_Clear();
    }
    ~Buffer() {
        if (there_) PyBuffer_Release(&view_);
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    bool holds(const char *format) const { return there_ && view_.format && !std::strcmp(view_.format, format); }
    // -1: any.
    bool has_shape(std::initializer_list<Py_ssize_t> wanted) const {
        if (!there_ || view_.ndim != int(wanted.size())) return false;
        return std::equal(wanted.begin(), wanted.end(), view_.shape, [](Py_ssize_t a, Py_ssize_t b) { return a < 0 || a == b; });
    }
    Py_ssize_t shape(int axis) const { return view_.shape[axis]; }
    size_t item_bytes() const { return size_t(view_.itemsize); }
    void *data() const { return view_.buf; }

  private:
    Py_buffer view_{};
    bool there_;
};

class Engine {
  public:
    Engine(Indices<1> plan, const std::string &isa)
        : run_(lbp_find_isa(isa).engine_run), vector_(*lbp_find_isa(isa).engine_vector) {
        const char *reason = nullptr;
        engine_.reset(lbp_engine_load(plan.data(), plan.size(), &reason));
        require(engine_ != nullptr, std::string("plan: ") + (reason ? reason : "not loaded"));
        require(!engine_->vector || engine_->vector == vector_, "plan: made for vectors of another size than " + isa);
        give_back(new_scratch());
    }

    void scores(Images images, Scores out, int threads) {
        require_shape(images, {images.shape(0), size_t(engine_->channels), size_t(engine_->height), size_t(engine_->width)},
                      "images");
        require_shape(out, {images.shape(0), size_t(engine_->classes)}, "out");
        run(images.data(), images.shape(0), out.data(), threads);
    }

    // The pooled sums that the head reads; of one image after the other.
    void features(Images images, Features out, int threads) {
        const size_t size = size_t(engine_->channels) * size_t(engine_->height) * size_t(engine_->width);
        require_shape(images, {images.shape(0), size_t(engine_->channels), size_t(engine_->height), size_t(engine_->width)},
                      "images");
        const size_t count = size_t(engine_->features);
        require_shape(out, {images.shape(0), count}, "out");
        require(!engine_->vector && engine_->narrow && !engine_->cells && !engine_->beside,
                "features: of plans with pixels as lanes and sums of 16 bits that are folded");
        std::vector<Scratch> scratch;
        for (size_t i = 0; i < parts_of(images.shape(0), threads); i++) scratch.push_back(take());
        for_each_part(images.shape(0), threads, [&](size_t part, size_t first, size_t last) {
            std::vector<int32_t> scores(static_cast<size_t>(engine_->classes));
            for (size_t i = first; i < last; i++) {
                run_(engine_.get(), images.data() + i * size, 1, scores.data(), scratch[part].get());
                std::memcpy(out.data() + i * count, scratch[part].get() + engine_->feature_offset, 2 * count);
            }
        });
        for (Scratch &one : scratch) give_back(std::move(one));
    }

    // Writes the images' classes to `out`, (B,) of 64-bit integers; false, and nothing done, where images are not (B, C, H,
    // W) uint8 in a row. On plain buffers, since arrays of nanobind take longer than an image.
    bool predict(nb::handle images, nb::handle out, int threads) {
        const Buffer from(images, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT), to(out, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE);
        if (!from.holds("B") || !from.has_shape({-1, engine_->channels, engine_->height, engine_->width})) return false;
        require(to.has_shape({from.shape(0)}) && to.item_bytes() == sizeof(int64_t), "out: expected (B,) of 64 bits");
        const size_t count = size_t(from.shape(0)), classes = size_t(engine_->classes);
        std::vector<int32_t> scores(count * classes);
        run(static_cast<const uint8_t *>(from.data()), count, scores.data(), threads);
        auto *best = static_cast<int64_t *>(to.data());
        for (const int32_t *score = scores.data(), *end = score + scores.size(); score != end; score += classes)
            *best++ = std::max_element(score, score + classes) - score; // the first of equals
        return true;
    }

    // Images that this instruction set runs beside each other, or 0.
    int beside() const { return vector_ == LBP_VECTOR_MAX ? engine_->beside : 0; }

    int classes() const { return engine_->classes; }

    size_t scratch_bytes() const { return engine_->scratch_bytes; }

  private:
    void run(const uint8_t *images, size_t count, int32_t *out, int threads) {
        // Threads share whole slices where images are lanes, and what is run at once where images are beside each other.
        const size_t unit = engine_->vector ? 8 * size_t(engine_->vector) : size_t(std::max(beside(), 1));
        const size_t units = (count + unit - 1) / unit, classes = size_t(engine_->classes);
        const size_t size = size_t(engine_->channels) * size_t(engine_->height) * size_t(engine_->width);
        if (count == 1) { /* a few microseconds: other threads may wait for the interpreter that long */
            Scratch scratch = take();
            run_(engine_.get(), images, 1, out, scratch.get());
            give_back(std::move(scratch));
            return;
        }
        std::vector<Scratch> scratch;
        for (size_t i = 0; i < parts_of(units, threads); i++) scratch.push_back(take());
        for_each_share(units, threads, 16 * scratch.size(), [&](size_t part, size_t first, size_t last) {
            const size_t start = first * unit, end = std::min(count, last * unit);
            run_(engine_.get(), images + start * size, end - start, out + start * classes, scratch[part].get());
        });
        for (Scratch &one : scratch) give_back(std::move(one));
    }

    // What a call borrows: as many as there were callers at once, kept for the next.
    Scratch take() {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            if (!free_.empty()) {
                Scratch scratch = std::move(free_.back());
                free_.pop_back();
                return scratch;
            }
        }
        return new_scratch();
    }

    void give_back(Scratch scratch) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(scratch));
    }

    Scratch new_scratch() const {
        const size_t size = (engine_->scratch_bytes + LBP_VECTOR_MAX - 1) / LBP_VECTOR_MAX * LBP_VECTOR_MAX;
        auto *memory = static_cast<uint8_t *>(std::aligned_alloc(LBP_VECTOR_MAX, size));
        if (!memory) throw std::bad_alloc();
        std::fill(memory, memory + size, uint8_t{0});
        return Scratch(memory);
    }

    lbp_engine_run_fn *run_;
    int vector_;
    std::unique_ptr<lbp_engine, Free> engine_;
    std::mutex mutex_;
    std::vector<Scratch> free_;
};

}  // namespace

void bind_engine(nb::module_ &m) {
    m.def("engine_vector", [](const std::string &isa) { return *lbp_find_isa(isa).engine_vector; }, nb::arg("isa"),
          "Bytes of an instruction set's vectors.");
    nb::class_<Engine>(m, "Engine", "A loaded plan; use it through lbpnet.engine.")
        .def(nb::init<Indices<1>, const std::string &>(), nb::arg("plan"), nb::arg("isa"))
        .def("scores", &Engine::scores, nb::arg("images"), nb::arg("out"), nb::arg("threads"))
        .def("features", &Engine::features, nb::arg("images"), nb::arg("out"), nb::arg("threads"))
        .def("predict", &Engine::predict, nb::arg("images"), nb::arg("out"), nb::arg("threads"))
        .def_prop_ro("classes", &Engine::classes)
        .def_prop_ro("beside", &Engine::beside)
        .def_prop_ro("scratch_bytes", &Engine::scratch_bytes);
}
