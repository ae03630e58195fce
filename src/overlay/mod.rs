//! What the operator sees, drawn on anything that embedded-graphics draws on.
//!
//! People at the bench wear gloves and stand two metres from the screen. What matters (is the fish found, are the traits right, is it
//! saved, is something wrong) is large, and always said by words and an icon as well as by a colour; the rest may be small.
//!
//! * [`View`]: plain values, gathered by the station. [`draw`] shows it on a display of any size; displays of about the same size share
//!   a layout.
//! * [`compose`]: the same as a list of items, which tests read; [`Screen::paint`] paints it.
//! * [`draw_error_page`]: why a station does not start, on the whole screen.
//! * [`annotated_picture`]: a picture with what was found in it and a legend, without a screen around it; [`landmark_picture`]: a mask with its
//!   numbered landmarks.

mod annotated;
mod bar;
mod boxes;
mod characters;
mod dimension;
mod error_page;
mod failure;
mod font;
mod icon;
mod identity;
mod landmark_picture;
mod layout;
mod loupe;
mod measure_layer;
mod panel;
mod picture;
mod quality;
mod screen;
mod station_screen;
mod strip;
mod tags;
mod text;
mod theme;
mod trait_layer;
mod view;
mod words;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::pixelcolor::Rgb888;

use crate::frame::Size;

pub use annotated::annotated_picture;
pub use error_page::{ErrorPage, compose as compose_error_page};
pub use font::Face;
pub use icon::Icon;
pub use landmark_picture::landmark_picture;
pub use picture::PictureLayer;
pub use screen::{Item, Screen};
pub use station_screen::compose;
pub use text::TextStyle;
pub use view::{Annotations, FishBox, FreeSpace, MeasureLayer, Rates, State, TraitLayer, View, Waiting};

/// Draws a view over the whole target.
///
/// # Errors
/// The target's own.
pub fn draw<D>(view: &View, target: &mut D) -> Result<(), D::Error>
where
    D: DrawTarget<Color = Rgb888>,
{
    let size = target.bounding_box().size;
    compose(view, Size::new(size.width, size.height)).paint(target)
}

/// Draws the error page over the whole target.
///
/// # Errors
/// The target's own.
pub fn draw_error_page<D>(page: &ErrorPage, target: &mut D) -> Result<(), D::Error>
where
    D: DrawTarget<Color = Rgb888>,
{
    let size = target.bounding_box().size;
    compose_error_page(page, Size::new(size.width, size.height)).paint(target)
}
