# 中国咸阳金果网: `make run` serves the exchange, `make test` tests it. `make help` lists the rest.

PYTHON  ?= python3
HOST    ?= 127.0.0.1
PORT    ?= 8000
DATA_DIR ?= $(CURDIR)/var
export DATA_DIR

BIN   := .venv/bin
CORE  := build/.core
PAGES := build/.pages
CORE_SOURCES := pyproject.toml matching/_core.pyx $(wildcard matching/*.hpp)
FUZZER := build/fuzz/fuzz_engine
FUZZ_SECONDS  ?= 300
FUZZ_COMMANDS ?= 10000000

.DEFAULT_GOAL := help
.PHONY: help run reset setup test test-setup lint format bench bench-engine bench-receipts bench-settlement bench-adapter load fuzz lock clean chromium clang screenshots

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: setup  ## serve the exchange on http://$(HOST):$(PORT)
	@$(BIN)/jinguo serve --host $(HOST) --port $(PORT)

reset: setup  ## delete the data of the embedded exchange and start over
	@$(BIN)/jinguo reset --yes

# --- set-up: each step leaves a stamp and is done again when what it depends on changes ----------

setup: $(CORE) $(PAGES)

.venv/.runtime: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "jinguo needs Python 3.11 or newer (set PYTHON=)."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: install the package python3-venv."; exit 1; }
	@echo "Installing the libraries …" && $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/.development: requirements-dev.lock .venv/.runtime
	@echo "Installing the libraries of the tests …" && $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(CORE): $(CORE_SOURCES) .venv/.runtime
	@rm -f matching/_core*.so
	@echo "Building the matching core …" && $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'import matching._core' || echo "The C++ core was not built (is g++ there?): the exchange runs on its Python engine, a hundred times slower." >&2
	@mkdir -p build && touch $@

$(PAGES): package-lock.json web/vendor.py web/translations.py $(wildcard web/locale/*/LC_MESSAGES/*.po) .venv/.runtime
	@echo "Fetching the scripts of the pages and compiling the translations …" && $(BIN)/python web/vendor.py && $(BIN)/python web/translations.py compile
	@mkdir -p build && touch $@

test-setup: setup .venv/.development chromium

# The headless shell is the same engine at a third of the cost; not every system has a package of it.
chromium:
	@command -v $${CHROMIUM:-chromium-headless-shell} >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || \
	 { echo "Installing Chromium …"; if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO="sudo -n"; fi; \
	   install() { $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq fonts-noto-cjk "$$@" >>build/apt.log 2>&1; }; \
	   mkdir -p build && $$SUDO apt-get update -qq && { install chromium-headless-shell || install chromium; }; } || \
	 { echo "The browser tests need Chromium and it could not be installed here: install the package 'chromium-headless-shell' or 'chromium', or set CHROMIUM=path." >&2; exit 1; }

# libFuzzer comes with Clang; its runtime is at times a package of its own, named after the version.
clang:
	@mkdir -p build/fuzz && echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' >build/fuzz/probe.cpp
	@fuzzes() { clang++ -fsanitize=fuzzer,address,undefined build/fuzz/probe.cpp -o build/fuzz/probe >/dev/null 2>&1; }; \
	 if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO="sudo -n"; fi; \
	 install() { $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$@" >>build/fuzz/apt.log 2>&1; }; \
	 fuzzes || { echo "Installing Clang …"; $$SUDO apt-get update -qq && install clang && \
	   { fuzzes || install "libclang-rt-$$(clang++ -dumpversion | cut -d. -f1)-dev"; } && fuzzes; } || \
	 { echo "The fuzzer needs Clang with libFuzzer and it could not be installed here: install the package 'clang' (see build/fuzz/apt.log)." >&2; exit 1; }

$(FUZZER): tests/matching/native/fuzz_engine.cpp tests/matching/native/uncovered.txt $(wildcard matching/*.hpp) | clang
	@echo "Building the fuzzer …" && clang++ -std=c++20 -O2 -g1 -Wall -Wextra -DJINGUO_CHECKED -Imatching \
	 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fsanitize-coverage-ignorelist=tests/matching/native/uncovered.txt $< -o $@

# --- work ------------------------------------------------------------------------------------------

test: test-setup  ## run the whole suite: SQLite, Chromium, PostgreSQL, Redis
	@$(BIN)/python -m tests

lint: setup .venv/.development  ## ruff, mypy --strict, import rules, migrations, locks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/django-admin makemigrations --check --dry-run --settings exchange.settings --pythonpath .

format: .venv/.development  ## format and fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: test-setup  ## measure: the engine, the journal, durable orders against a bare echo
	@$(BIN)/python -m loadtests.bench

bench-engine: setup .venv/.development  ## measure the matching core alone, on the five scenarios
	@$(BIN)/python -m loadtests.engine.bench

bench-settlement: setup .venv/.development  ## measure: trades settled a second on both databases, the end of a large day
	@$(BIN)/python -m loadtests.settlement_bench

bench-receipts: setup  ## measure the receipt register: lists, verification page, all chains (RECEIPTS=)
	@mkdir -p build/bench && data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
	 DATA_DIR="$$data" $(BIN)/jinguo bench receipts --receipts $(or $(RECEIPTS),100000) --out build/bench/receipts.json

bench-adapter:  ## build the book for the public benchmark's harness: ME_API=/path/to/its/api
	@test -f "$(ME_API)/matching_engine_api.h" || { echo "Say where matching_engine_api.h is: make bench-adapter ME_API=/path/to/api" >&2; exit 1; }
	@mkdir -p build && g++ -std=c++20 -O3 -march=native -Wall -Wextra -fPIC -shared -I"$(ME_API)" loadtests/engine/adapter.cpp -o build/jinguo_adapter.so
	@echo "build/jinguo_adapter.so"

load: setup .venv/.development  ## replay a minute of orders against a running exchange (URL=, SECONDS=, SEED=), or SCENARIO=auction
ifeq ($(SCENARIO),auction)
	@$(BIN)/python -m loadtests.auction --seconds $(or $(SECONDS),30)
else
	@$(BIN)/jinguo-load --url $(or $(URL),http://$(HOST):$(PORT)) --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1)
endif

fuzz: setup .venv/.development $(FUZZER)  ## break the matching core: libFuzzer, then both engines compared (FUZZ_SECONDS=, FUZZ_COMMANDS=)
	@$(BIN)/python -m tests.matching.native.seeds build/fuzz/seeds && mkdir -p build/fuzz/corpus
	@echo "Looking for bytes that break the engine ($(FUZZ_SECONDS) s, build/fuzz/log.txt) …"
	@ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1 $(FUZZER) \
	 -fork=$$(nproc) -ignore_ooms=0 -ignore_timeouts=0 -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=30 \
	 -artifact_prefix=build/fuzz/ build/fuzz/corpus build/fuzz/seeds >build/fuzz/log.txt 2>&1 || \
	 { tail -n 80 build/fuzz/log.txt; echo "The input is in build/fuzz; $(FUZZER) FILE tries it again."; exit 1; }
	@grep '^#' build/fuzz/log.txt | tail -n 1
	@echo "Comparing the engines …" && $(BIN)/python -m tests.matching.fuzz --commands $(FUZZ_COMMANDS)

screenshots: test-setup  ## make the pictures of the README from a freshly seeded exchange
	@$(BIN)/python -m docs.screenshots

lock: .venv/.development  ## write the lock files anew
	@$(BIN)/uv lock -q && $(BIN)/uv export -q --no-emit-project --no-annotate --no-header --no-default-groups -o requirements.lock >/dev/null
	@$(BIN)/uv export -q --no-emit-project --no-annotate --no-header --all-groups -o requirements-dev.lock >/dev/null

clean:  ## delete what was built (not the data)
	rm -rf build .venv web/static/vendor web/fonts node_modules matching/_core*.so matching/_core.cpp
