//! The trait network: its bundle, and running it.
