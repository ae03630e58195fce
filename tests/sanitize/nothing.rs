//! Nothing: only the tests are wanted.
