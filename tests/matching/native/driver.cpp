// The checked engine as a program: requests on standard input, answers on standard output.
//
// A frame is a kind (one byte), the size of what follows (four bytes, little-endian) and so many bytes.
// Requests:
//
//     A  first sequence number (8 bytes), room for so many events (4), commands: applies them;
//        answers with the events
//     S  answers with the body of a snapshot
//     L  the body of a snapshot: reads it in place of the engine
//     N  a new engine in place of the old one
//
// Answers are '+' with what was asked for, or '-' with the reason of a refusal. The end of the input ends the
// program with 0. A frame that is cut off ends it with 3; an invariant that does not hold, or what a
// sanitizer finds, with another number and a report on standard error.
//
// Every request is read into memory of its own that is not a byte larger, so that AddressSanitizer sees the
// first byte read behind it; the same is true of the room for events.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "invariants.hpp"
#include "snapshot.hpp"

using namespace jinguo;

namespace {

struct Request {
    char kind = 0;
    u32 size = 0;
    std::unique_ptr<char[]> bytes;
};

[[noreturn]] void give_up(const char* problem) {
    std::fprintf(stderr, "driver: %s\n", problem);
    std::exit(3);
}

bool read_request(Request& request) {
    const int kind = std::getchar();
    if (kind == EOF) return false;
    request.kind = static_cast<char>(kind);
    if (std::fread(&request.size, sizeof(u32), 1, stdin) != 1) give_up("a frame without a size");
    request.bytes.reset(new char[request.size]);
    const std::size_t come = std::fread(request.bytes.get(), 1, request.size, stdin);
    if (come != request.size) give_up("a frame was cut off");
    return true;
}

void answer(char kind, const void* bytes, std::size_t size) {
    const u32 length = static_cast<u32>(size);
    std::putchar(kind);
    std::fwrite(&length, sizeof(length), 1, stdout);
    if (size > 0) std::fwrite(bytes, 1, size, stdout);
    std::fflush(stdout);
}

void refuse(const std::string& reason) { answer('-', reason.data(), reason.size()); }

void apply(Engine& engine, const Request& request) {
    u64 first_seq;
    u32 capacity;
    constexpr std::size_t HEAD = sizeof(first_seq) + sizeof(capacity);
    if (request.size < HEAD) return refuse("no sequence number");
    std::memcpy(&first_seq, request.bytes.get(), sizeof(first_seq));
    std::memcpy(&capacity, request.bytes.get() + sizeof(first_seq), sizeof(capacity));
    const std::size_t size = request.size - HEAD;
    if (size % sizeof(Command) != 0) return refuse("a batch is a whole number of 64-byte commands");
    const std::unique_ptr<Event[]> room(capacity > 0 ? new Event[capacity] : nullptr);
    const std::size_t count = size / sizeof(Command);
    const std::unique_ptr<Command[]> commands(new Command[count]);  // so that reading past them is found
    std::memcpy(commands.get(), request.bytes.get() + HEAD, size);
    engine.apply(commands.get(), count, first_seq, room.get(), capacity);
    answer('+', engine.events().data(), engine.events().size() * sizeof(Event));
}

std::unique_ptr<Engine> load(std::unique_ptr<Engine> engine, const Request& request) {
    try {
        std::unique_ptr<Engine> loaded = read_snapshot(request.bytes.get(), request.size);
        check_invariants(*loaded);
        answer('+', nullptr, 0);
        return loaded;
    } catch (const std::invalid_argument& damage) {
        refuse(damage.what());
        return engine;
    }
}

void serve() {
    auto engine = std::make_unique<Engine>();
    for (Request request; read_request(request);) {
        switch (request.kind) {
            case 'A': apply(*engine, request); break;
            case 'L': engine = load(std::move(engine), request); break;
            case 'S': {
                const std::string body = write_snapshot(*engine);
                answer('+', body.data(), body.size());
                break;
            }
            case 'N':
                engine = std::make_unique<Engine>();
                answer('+', nullptr, 0);
                break;
            default: give_up("an unknown request");
        }
    }
}

// On purpose, to see that the sanitizers look (--break).
[[gnu::noinline]] int read_astray(std::size_t size) {
    const std::unique_ptr<volatile char[]> bytes(new volatile char[size]());
    return bytes[size];
}

}  // namespace

int main(int count, char** arguments) {
    if (count > 1 && std::strcmp(arguments[1], "--break") == 0) return read_astray(count);
    try {
        serve();
    } catch (const InvariantBroken& problem) {
        std::fprintf(stderr, "driver: %s\n", problem.what());
        return 4;
    }
}
