//! Where pictures are shown.
