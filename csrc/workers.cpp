#include "workers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#ifndef _WIN32
#include <pthread.h>
#endif

namespace {

constexpr size_t MOST_THREADS = 256;
// How long a thread looks for work before it sleeps: to wake it takes about as long.
constexpr std::chrono::microseconds AWAKE{50};

inline void pause_briefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Looks at `there` for a moment; whether it came true.
template <class Condition>
bool look_for(const Condition &there) {
    const auto end = std::chrono::steady_clock::now() + AWAKE;
    do {
        for (int i = 0; i < 32; i++) {
            if (there()) return true;
            pause_briefly();
        }
    } while (std::chrono::steady_clock::now() < end);
    return there();
}

struct Task {
    const std::function<void(size_t)> &job;
    size_t parts, next;           // under the workers' mutex
    std::atomic<size_t> running{0}; // parts that began elsewhere and have not ended
};

class Workers {
  public:
    void run(size_t parts, const std::function<void(size_t)> &job) {
        Task task{job, parts, 1};
        {
            std::lock_guard<std::mutex> lock(mutex_);
            start_threads(parts - 1);
            tasks_.push_back(&task);
            waiting_.store(tasks_.size(), std::memory_order_release);
        }
        for (size_t part = 1; part < parts; part++) wake_.notify_one();
        job(0);
        std::unique_lock<std::mutex> lock(mutex_);
        drop(&task); // whoever has not begun is not needed any more
        lock.unlock();
        const auto ended = [&] { return task.running.load(std::memory_order_acquire) == 0; };
        if (look_for(ended)) return;
        lock.lock();
        done_.wait(lock, ended);
    }

  private:
    void start_threads(size_t wanted) {
        try {
            for (; threads_ < std::min(wanted, MOST_THREADS); threads_++) std::thread([this] { work(); }).detach();
        } catch (const std::system_error &) {
        }
    }

    void drop(Task *task) {
        tasks_.erase(std::remove(tasks_.begin(), tasks_.end(), task), tasks_.end());
        waiting_.store(tasks_.size(), std::memory_order_release);
    }

    void work() {
        for (;;) {
            look_for([&] { return waiting_.load(std::memory_order_acquire) != 0; });
            std::unique_lock<std::mutex> lock(mutex_);
            wake_.wait(lock, [&] { return !tasks_.empty(); });
            Task *task = tasks_.front();
            const size_t part = task->next++;
            task->running.fetch_add(1, std::memory_order_relaxed);
            if (task->next == task->parts) drop(task);
            lock.unlock();
            task->job(part);
            lock.lock(); // so that the caller who waits is not missed, and the task is there until then
            task->running.fetch_sub(1, std::memory_order_release);
            done_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, done_;
    std::deque<Task *> tasks_;       // that have parts left
    std::atomic<size_t> waiting_{0}; // their number
    size_t threads_ = 0;
};

// Never destroyed: threads may still wait when the process ends.
Workers *current;

Workers &workers() {
    static const bool made = [] {
        current = new Workers;
#ifndef _WIN32
        // A forked process has none of its parent's threads, and perhaps a locked mutex.
        pthread_atfork(nullptr, nullptr, [] { current = new Workers; });
#endif
        return true;
    }();
    (void)made;
    return *current;
}

}  // namespace

void lbp_run_parts(size_t parts, const std::function<void(size_t)> &job) {
    if (parts < 2)
        job(0);
    else
        workers().run(parts, job);
}
