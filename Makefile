# The commands that people and CI use. `make demo` and `make test` do all the set-up on a fresh Debian-like machine.
.PHONY: demo test setup check docs bench kill-test notices reference-full default-network aarch64 test-aarch64 package hil service-test readers sanitize

# One profile (dev, optimised: see Cargo.toml) for the demo, the tests and the binary under test. The demo leaves out training, whose engine takes minutes
# to build; all tests have it, so that they build tract once.
demo: setup
	cargo run --locked -- demo

test: check
	cargo test --locked --features train --doc
	FISHRIG_READERS=$${FISHRIG_READERS:-$(wildcard $(abspath $(READERS)/bin/python))} cargo test --locked --features train --lib --bins --tests

check: setup
	cargo fmt --all --check
	cargo clippy --locked --features train --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --features train --no-deps

AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What the build needs beside Rust: a C compiler for linking, and libclang, by which the bindings to the kernel's camera interface are made.
setup:
	@command -v cargo >/dev/null || { echo "Rust 1.95 or later is needed: see rust-lang.org"; exit 1; }
	@{ command -v cc && ls /usr/lib/llvm-*/lib | grep -E 'libclang(-[0-9.]+)?[.]so'; } >/dev/null 2>&1 || { $(AS_ROOT) apt-get update && \
	    $(AS_ROOT) apt-get install -y --no-install-recommends build-essential libclang-dev; }
	@cargo fmt --version >/dev/null 2>&1 || { rustup component add rustfmt clippy; }

# Other people's readers, by which exports, the report and the workflow are checked: Python packages and a browser. `make test` uses them where they are.
READERS := target/readers
readers:
	@{ command -v chromium && python3 -c 'import ensurepip'; } >/dev/null 2>&1 || { $(AS_ROOT) apt-get update && \
	    $(AS_ROOT) apt-get install -y --no-install-recommends chromium python3-venv; }
	[ -x $(READERS)/bin/python ] || python3 -m venv $(READERS)
	$(READERS)/bin/pip install --quiet -r tests/readers/requirements.txt

docs:
	cargo doc --locked --no-deps --open

# 500 SIGKILLs of the running program at random moments; takes minutes. Results: tests/kill/README.md.
kill-test:
	FISHRIG_KILLS=500 cargo test --locked --test kill -- --nocapture

# The station's binary for arm64, without docker; installs what it needs by package name. The package: cross/package.sh.
aarch64: setup
	cross/build-aarch64.sh

# That binary, and the networks' tests on arm64 instructions, in QEMU's user mode, on two kinds of processor.
test-aarch64: setup
	cross/test-aarch64.sh

# The Debian package for arm64, target/debian/*.deb; docs/install.md.
package:
	cross/package.sh

# That package installed, run and taken away in a booted Debian with systemd (long; needs root).
service-test:
	cross/service-test.sh

# Hardware in the loop: the arm64 binary on a booted kernel with devices that QEMU plays. One scenario: tests/hil/run NAME. Results: tests/hil/README.md.
hil: aarch64
	cargo build --locked
	tests/hil/run

# The kernels' tests under AddressSanitizer, by all families that this processor has, and under valgrind, which knows those without AVX-512.
# (RUSTC_BOOTSTRAP: a stable compiler has the sanitizer, but asks for leave.)
sanitize:
	cd tests/sanitize && CARGO_TARGET_DIR=../../target/sanitize RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo test --locked --target x86_64-unknown-linux-gnu
	cd tests/sanitize && CARGO_TARGET_DIR=../../target/sanitize cargo test --locked --no-run
	PROPTEST_CASES=40 valgrind -q --error-exitcode=9 $$(ls -t target/sanitize/debug/deps/kernels-* | grep -v '[.]d$$' | head -1)

# Benchmarks; compare only figures of one run.
bench:
	cargo bench --locked --profile dev

# Rewrites THIRD-PARTY-NOTICES.md (needs cargo-about).
notices:
	cargo about generate about.hbs -o THIRD-PARTY-NOTICES.md

# Full-size reference networks (0.6 GB; Python 3.11, downloads of 0.9 GB at the first time) made in DIR, imported, and compared with torch's and
# onnxruntime's results: make reference-full DIR=/some/dir
REFERENCE := ../shared/reference
reference-full:
	@[ -n "$(DIR)" ] || { echo "name a scratch folder: make reference-full DIR=/some/dir"; exit 2; }
	mkdir -p $(DIR)
	[ -x $(DIR)/venv/bin/python ] || python3.11 -m venv $(DIR)/venv
	[ -e $(DIR)/venv/installed ] || { $(DIR)/venv/bin/pip install --no-deps -r $(REFERENCE)/requirements.txt && \
	    $(DIR)/venv/bin/python $(REFERENCE)/cpu_torch.py && touch $(DIR)/venv/installed; }
	[ -e $(DIR)/full/manifest.json ] || $(DIR)/venv/bin/python $(REFERENCE)/make_reference.py full $(DIR)/full
	[ -e $(DIR)/full/int8_qoperator.png ] || $(DIR)/venv/bin/python tests/data/quantized/make.py $(REFERENCE) $(DIR)/full $(DIR)/full
	FISHRIG_FULL_REFERENCE=$(abspath $(DIR))/full cargo test --locked --test checkpoint_full --test import_memory --test import_full --test quantize_full -- --nocapture --test-threads 1

# The built-in network: models/lite0-int8 from models/lite0-float, by the photographs beside the checkout. The same bits each time.
default-network:
	cargo run --locked -- model quantize models/lite0-float --calibrate ../shared/data/crops --cropped -o models/lite0-int8 --replace
