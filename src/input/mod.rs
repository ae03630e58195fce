//! What the operator does: keys, signals, timers.
