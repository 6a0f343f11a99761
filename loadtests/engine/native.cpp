// The measurements of the engine benchmark that need a clock inside the process (loadtests/engine/bench.py builds
// and calls this program):
//
//     native OPENING FLOW...
//
// OPENING is a batch of commands that comes before the clock starts, each FLOW a scenario. Prints one JSON line
// for each flow: nanoseconds per message by percentile, and the time with and without holds; then one line with
// the bytes a resting order takes.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../matching/engine.hpp"

namespace {

using namespace jinguo;
using Clock = std::chrono::steady_clock;

constexpr std::size_t BATCH = 2048;
constexpr std::size_t STRETCH = 8 * BATCH;  // messages between two looks at the clock
constexpr int ROUNDS = 3;
constexpr u64 RESTING = 1'000'000;

std::vector<char> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::vector<char> bytes(static_cast<std::size_t>(file.tellg()));
    file.seekg(0);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

const Command* commands(const char* records) { return reinterpret_cast<const Command*>(records); }

double nanoseconds(Clock::time_point from) {
    return std::chrono::duration<double, std::nano>(Clock::now() - from).count();
}

template <bool COVERED>
struct Runner {
    BasicEngine<COVERED> engine;
    std::vector<Event> room = std::vector<Event>(4 * BATCH);

    explicit Runner(const std::vector<char>& opening) { engine.apply(commands(opening.data()), opening.size() / 64, 1); }

    double run(const char* records, std::size_t count) {
        const auto started = Clock::now();
        for (std::size_t at = 0; at < count; at += BATCH) {
            engine.apply(commands(records) + at, std::min(BATCH, count - at), at + 1, room.data(), room.size());
        }
        return nanoseconds(started);
    }
};

// Nanoseconds per message with and without holds. The two take turns, so that what else the machine does falls on
// both; of each stretch the quickest round counts.
std::pair<double, double> with_and_without_holds(const std::vector<char>& opening, const std::vector<char>& flow) {
    const std::size_t count = flow.size() / 64;
    std::vector<double> with(count / STRETCH + 1, 1e18), without = with;
    for (int round = 0; round < ROUNDS; ++round) {
        Runner<true> covered(opening);
        Runner<false> bare(opening);
        for (std::size_t at = 0, stretch = 0; at < count; at += STRETCH, ++stretch) {
            const std::size_t many = std::min(STRETCH, count - at);
            with[stretch] = std::min(with[stretch], covered.run(flow.data() + at * 64, many));
            without[stretch] = std::min(without[stretch], bare.run(flow.data() + at * 64, many));
        }
    }
    double sum = 0, bare_sum = 0;
    for (std::size_t stretch = 0; stretch * STRETCH < count; ++stretch) {
        sum += with[stretch];
        bare_sum += without[stretch];
    }
    return {sum / static_cast<double>(count), bare_sum / static_cast<double>(count)};
}

// How long each message takes alone, the time of looking at the clock taken off.
std::vector<double> latencies(const std::vector<char>& opening, const std::vector<char>& flow) {
    Runner<true> runner(opening);
    std::vector<double> found;
    double clock = 1e9;
    for (int i = 0; i < 10'000; ++i) clock = std::min(clock, nanoseconds(Clock::now()));
    for (std::size_t at = 0; at < flow.size(); at += 64) {
        const auto started = Clock::now();
        runner.engine.apply(commands(flow.data() + at), 1, at + 1, runner.room.data(), runner.room.size());
        found.push_back(std::max(0.0, nanoseconds(started) - clock));
    }
    std::sort(found.begin(), found.end());
    return found;
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

long resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    long total = 0, resident = 0;
    statm >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

// What a million orders that rest take of the machine's memory, each.
double bytes_per_order(const std::vector<char>& opening) {
    Runner<true> runner(opening);
    Command command{};
    command.kind = CommandKind::PLACE;
    command.product = 1;
    command.quantity = 1;
    const long before = resident_bytes();
    for (u64 number = 0; number < RESTING; ++number) {
        command.account = 1 + static_cast<u32>(number % 1'000);
        command.side = number % 2 == 0 ? BUY : SELL;
        command.price = number % 2 == 0 ? 30'000 - static_cast<i64>(number % 1'000)
                                        : 30'001 + static_cast<i64>(number % 1'000);
        runner.engine.apply(&command, 1, number + 1, runner.room.data(), runner.room.size());
    }
    if (runner.engine.open_orders() != RESTING) throw std::runtime_error("not all orders rest");
    return static_cast<double>(resident_bytes() - before) / RESTING;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "usage: native OPENING FLOW...\n");
        return 2;
    }
    try {
        const std::vector<char> opening = read(arguments[1]);
        for (int at = 2; at < count; ++at) {
            const std::vector<char> flow = read(arguments[at]);
            const auto [with, without] = with_and_without_holds(opening, flow);
            const std::vector<double> single = latencies(opening, flow);
            std::printf("{\"with_holds_ns\": %.2f, \"without_holds_ns\": %.2f, \"p50_ns\": %.0f, \"p99_ns\": %.0f, "
                        "\"p999_ns\": %.0f}\n",
                        with, without, percentile(single, 0.5), percentile(single, 0.99), percentile(single, 0.999));
        }
        std::printf("{\"bytes_per_order\": %.1f}\n", bytes_per_order(opening));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "native: %s\n", error.what());
        return 1;
    }
    return 0;
}
