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
        // Threads share whole slices where images are lanes.
        const size_t count = images.shape(0), unit = engine_->vector ? 8 * size_t(engine_->vector) : 1;
        const size_t units = (count + unit - 1) / unit, size = images.shape(1) * images.shape(2) * images.shape(3);
        std::vector<Scratch> scratch;
        for (size_t i = 0; i < parts_of(units, threads); i++) scratch.push_back(take());
        const auto work = [&](size_t part, size_t first, size_t last) {
            const size_t start = first * unit, end = std::min(count, last * unit);
            run_(engine_.get(), images.data() + start * size, end - start, out.data() + start * out.shape(1),
                 scratch[part].get());
        };
        if (count == 1) /* a few microseconds: other threads may wait for the interpreter that long */
            work(0, 0, 1);
        else
            for_each_part(units, threads, work);
        for (Scratch &one : scratch) give_back(std::move(one));
    }

    // The pooled sums that the head reads; of one image after the other.
    void features(Images images, Features out, int threads) {
        const size_t size = size_t(engine_->channels) * size_t(engine_->height) * size_t(engine_->width);
        require_shape(images, {images.shape(0), size_t(engine_->channels), size_t(engine_->height), size_t(engine_->width)},
                      "images");
        const size_t count = size_t(engine_->features);
        require_shape(out, {images.shape(0), count}, "out");
        require(!engine_->vector && engine_->narrow, "features: of plans with pixels as lanes and 16-bit sums only");
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

    size_t scratch_bytes() const { return engine_->scratch_bytes; }

  private:
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
        .def_prop_ro("scratch_bytes", &Engine::scratch_bytes);
}
