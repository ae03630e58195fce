//! A window on a desktop.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Dimensions;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics_simulator::sdl2::{Keycode, Mod};
use embedded_graphics_simulator::{OutputSettingsBuilder, SimulatorDisplay, SimulatorEvent, Window};

use super::{Canvas, Display, DisplayError, DisplayEvent, WindowSettings};
use crate::frame::Size;

/// A window, drawn by SDL2. It belongs to the thread that opened it.
pub struct WindowDisplay {
    settings: WindowSettings,
    window: Window,
    pixels: SimulatorDisplay<Rgb888>,
}

impl WindowDisplay {
    /// Opens the window.
    ///
    /// # Errors
    /// [`DisplayError::Window`] where there is no desktop to open it on.
    pub fn open(settings: &WindowSettings) -> Result<Self, DisplayError> {
        // SDL's own message for this case names its video drivers, which helps nobody.
        if ["DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"]
            .iter()
            .all(|name| env::var_os(name).is_none())
        {
            return Err(DisplayError::Window {
                reason: "neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned(),
            });
        }
        let output = OutputSettingsBuilder::new().scale(settings.scale).build();
        let mut window = Window::new(&settings.title, &output);
        let pixels = SimulatorDisplay::new(embedded_graphics::geometry::Size::new(
            settings.size.width,
            settings.size.height,
        ));
        // The window opens with its first picture, and the simulator unwraps what SDL answers.
        catch_unwind(AssertUnwindSafe(|| window.update(&pixels))).map_err(|panic| DisplayError::Window {
            reason: panic
                .downcast_ref::<String>()
                .cloned()
                .unwrap_or_else(|| "SDL2 failed".to_owned()),
        })?;
        Ok(Self {
            settings: settings.clone(),
            window,
            pixels,
        })
    }
}

impl Display for WindowDisplay {
    fn name(&self) -> String {
        format!("window \"{}\"", self.settings.title)
    }

    fn size(&self) -> Size {
        self.settings.size
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        let colours = canvas.picture().pixels().map(|p| Rgb888::new(p[0], p[1], p[2]));
        let area = self.pixels.bounding_box();
        let Ok(()) = self.pixels.fill_contiguous(&area, colours);
        self.window.update(&self.pixels);
        Ok(())
    }

    fn events(&mut self) -> Vec<DisplayEvent> {
        self.window.events().filter_map(display_event).collect()
    }
}

fn display_event(event: SimulatorEvent) -> Option<DisplayEvent> {
    match event {
        SimulatorEvent::Quit => Some(DisplayEvent::Closed),
        SimulatorEvent::KeyDown {
            keycode,
            keymod,
            repeat: false,
        } => character(keycode, keymod).map(DisplayEvent::Key),
        _ => None,
    }
}

/// The character of a key; SDL's key codes are the characters of the keyboard's own layout, without shift.
fn character(keycode: Keycode, keymod: Mod) -> Option<char> {
    if keymod.intersects(Mod::LCTRLMOD | Mod::RCTRLMOD | Mod::LALTMOD | Mod::LGUIMOD | Mod::RGUIMOD) {
        return None;
    }
    let character = match keycode {
        Keycode::Return | Keycode::KpEnter => '\n',
        other => char::from_u32(u32::try_from(other.into_i32()).ok()?)?,
    };
    let shifted = keymod.intersects(Mod::LSHIFTMOD | Mod::RSHIFTMOD);
    Some(if shifted {
        character.to_ascii_uppercase()
    } else {
        character
    })
}
