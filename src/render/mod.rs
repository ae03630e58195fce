//! Drawn specimens and rig scenes with exact masks.
