# The commands that people and CI use. `make demo` and `make test` do all the set-up on a fresh Debian-like machine.
.PHONY: demo test setup check docs bench kill-test notices

# One profile (dev, optimised: see Cargo.toml) for the demo, the tests and the binary under test, so that tract is built once.
demo: setup
	cargo run --locked -- demo

test: check
	cargo test --locked --doc
	cargo test --locked --lib --bins --tests

check: setup
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What the build needs beside Rust: a C compiler for linking.
setup:
	@command -v cargo >/dev/null || { echo "Rust 1.95 or later is needed: see rust-lang.org"; exit 1; }
	@command -v cc >/dev/null || { $(AS_ROOT) apt-get update && $(AS_ROOT) apt-get install -y --no-install-recommends build-essential; }
	@cargo fmt --version >/dev/null 2>&1 || { rustup component add rustfmt clippy; }

docs:
	cargo doc --locked --no-deps --open

# 500 SIGKILLs of the running program at random moments; takes minutes. Results: tests/kill/README.md.
kill-test:
	FISHRIG_KILLS=500 cargo test --locked --test kill -- --nocapture

# Benchmarks; compare only figures of one run.
bench:
	cargo bench --locked --profile dev

# Rewrites THIRD-PARTY-NOTICES.md (needs cargo-about).
notices:
	cargo about generate about.hbs -o THIRD-PARTY-NOTICES.md
