//! The kernels' own tests (`src/network/int8/kernels/tests.rs`) as a program of their own, which is built in seconds: for processors that are
//! emulated (`cross/test-aarch64.sh`), and under valgrind.

#![allow(dead_code, reason = "what only the network calls")]

#[path = "../src/network"]
mod network {
    pub mod int8 {
        mod kernels;
    }
}
