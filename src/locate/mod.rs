//! Fish, label and ruler in a whole frame.
