//! The screen: its words and places, its pixels, and a gallery to look at.

mod gallery;
mod scene;
