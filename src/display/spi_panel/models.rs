//! The controllers of panels, and one way to speak to all of them.

use std::fmt;
use std::str::FromStr;

use embedded_graphics::pixelcolor::raw::RawU16;
use embedded_graphics::pixelcolor::{Rgb565, RgbColor};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use mipidsi::interface::{Interface, InterfacePixelFormat};
use mipidsi::models::{self, Model};
use mipidsi::options::{ColorInversion, ColorOrder, Orientation, Rotation as Turn};
use mipidsi::{Builder, InitError};

use super::settings::{ColourOrder, SpiPanelSettings};
use crate::display::Rotation;
use crate::display::damage::Area;
use crate::frame::Size;

/// What the glasses that come with a controller usually need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usual {
    pub(super) mirror: bool,
    pub(super) invert: bool,
    pub(super) colour_order: ColourOrder,
}

/// Mirrored or not, inverted or not, red or blue first.
const fn usual(mirror: bool, invert: bool, colour_order: ColourOrder) -> Usual {
    Usual {
        mirror,
        invert,
        colour_order,
    }
}

macro_rules! panel_models {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $model:path, $usual:expr;)*) => {
        /// A panel's controller.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum PanelModel {
            $($(#[$doc])* $variant,)*
        }

        impl PanelModel {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Columns and rows that the controller has memory for; glasses may have fewer.
            pub fn memory(self) -> Size {
                let (width, height) = match self {
                    $(Self::$variant => <$model as Model>::FRAMEBUFFER_SIZE,)*
                };
                Size::new(width.into(), height.into())
            }

            /// What its glasses usually need, as the drivers of Adafruit and TFT_eSPI for them agree on.
            pub(super) fn usual(self) -> Usual {
                match self {
                    $(Self::$variant => $usual,)*
                }
            }
        }

        /// Resets the controller and makes it ready to be written to.
        pub(super) fn start<DI, RST, DE>(
            settings: &SpiPanelSettings,
            bus: DI,
            reset: Option<RST>,
            delay: &mut impl DelayNs,
        ) -> Result<Box<dyn Panel<DE>>, InitError<DE, RST::Error>>
        where
            DI: Interface<Word = u8, Error = DE> + Send + 'static,
            RST: OutputPin + Send + 'static,
            DE: fmt::Debug + 'static,
        {
            match settings.model {
                $(PanelModel::$variant => start_model($model, settings, bus, reset, delay),)*
            }
        }
    };
}

panel_models! {
    /// 128x160.
    Gc9107 = "gc9107", models::GC9107, usual(false, false, ColourOrder::Bgr);
    /// 240x240, round glasses.
    Gc9a01 = "gc9a01", models::GC9A01, usual(true, true, ColourOrder::Bgr);
    /// 240x320, the usual one of 2.2 to 3.2 inch modules.
    #[default]
    Ili9341 = "ili9341", models::ILI9341Rgb565, usual(true, false, ColourOrder::Bgr);
    /// 320x240.
    Ili9342c = "ili9342c", models::ILI9342CRgb565, usual(false, true, ColourOrder::Bgr);
    /// 320x480; three bytes a pixel on an SPI bus.
    Ili9486 = "ili9486", models::ILI9486Rgb666, usual(true, false, ColourOrder::Bgr);
    /// 320x480; three bytes a pixel on an SPI bus.
    Ili9488 = "ili9488", models::ILI9488Rgb666, usual(true, false, ColourOrder::Bgr);
    /// 132x162, of 1.8 inch modules.
    St7735s = "st7735s", models::ST7735s, usual(false, false, ColourOrder::Rgb);
    /// 240x320, of many IPS modules.
    St7789 = "st7789", models::ST7789, usual(false, true, ColourOrder::Rgb);
    /// 320x480.
    St7796 = "st7796", models::ST7796, usual(true, false, ColourOrder::Bgr);
}

impl fmt::Display for PanelModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PanelModel {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|model| model.name() == name).ok_or(())
    }
}

/// A panel that is ready.
pub(super) trait Panel<E>: Send {
    /// Writes a part of a picture whose pixels are RGB565, in rows of `width`.
    fn write(&mut self, area: Area, picture: &[u16], width: usize) -> Result<(), E>;

    /// Switches the glass off.
    fn sleep(&mut self, delay: &mut dyn DelayNs) -> Result<(), E>;
}

fn start_model<DI, M, RST, DE>(
    model: M,
    settings: &SpiPanelSettings,
    bus: DI,
    reset: Option<RST>,
    delay: &mut impl DelayNs,
) -> Result<Box<dyn Panel<DE>>, InitError<DE, RST::Error>>
where
    DI: Interface<Word = u8, Error = DE> + Send + 'static,
    M: Model + Send + 'static,
    M::ColorFormat: InterfacePixelFormat<u8> + From<Rgb565> + RgbColor,
    RST: OutputPin + Send + 'static,
    DE: fmt::Debug + 'static,
{
    let glass = settings.glass();
    let turn = match settings.fit.rotation {
        Rotation::None => Turn::Deg0,
        Rotation::Quarter => Turn::Deg90,
        Rotation::Half => Turn::Deg180,
        Rotation::ThreeQuarters => Turn::Deg270,
    };
    let usual = settings.model.usual();
    let upright = Orientation::new().rotate(turn);
    // Mirrored as the glass is, whichever way it is turned.
    let orientation = Orientation {
        mirrored: settings.mirror.unwrap_or(usual.mirror),
        ..upright
    };
    let builder = Builder::new(model, bus)
        // Checked against the controller's memory, which is counted in 16 bits.
        .display_size(glass.width as u16, glass.height as u16)
        .display_offset(settings.offset[0], settings.offset[1])
        .orientation(orientation)
        .invert_colors(if settings.invert.unwrap_or(usual.invert) {
            ColorInversion::Inverted
        } else {
            ColorInversion::Normal
        })
        .color_order(match settings.colour_order.unwrap_or(usual.colour_order) {
            ColourOrder::Rgb => ColorOrder::Rgb,
            ColourOrder::Bgr => ColorOrder::Bgr,
        });
    Ok(match reset {
        Some(line) => Box::new(builder.reset_pin(line).init(delay)?),
        None => Box::new(builder.init(delay).map_err(|error| match error {
            InitError::Interface(e) => InitError::Interface(e),
            InitError::ResetPin(never) => match never {},
            InitError::InvalidConfiguration(e) => InitError::InvalidConfiguration(e),
        })?),
    })
}

impl<DI, M, RST> Panel<DI::Error> for mipidsi::Display<DI, M, RST>
where
    DI: Interface<Word = u8> + Send,
    M: Model + Send,
    M::ColorFormat: InterfacePixelFormat<u8> + From<Rgb565> + RgbColor,
    RST: OutputPin + Send,
{
    fn write(&mut self, area: Area, picture: &[u16], width: usize) -> Result<(), DI::Error> {
        let colours = area
            .pixels(picture, width)
            .map(|pixel| M::ColorFormat::from(Rgb565::from(RawU16::new(pixel))));
        let end = |start: usize, length: usize| (start + length - 1) as u16;
        let (right, bottom) = (end(area.left, area.width), end(area.top, area.height));
        self.set_pixels(area.left as u16, area.top as u16, right, bottom, colours)
    }

    fn sleep(&mut self, mut delay: &mut dyn DelayNs) -> Result<(), DI::Error> {
        self.sleep(&mut delay)
    }
}
