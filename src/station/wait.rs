//! A station that can't start, run as a service: it stays up, shows why, and tries again when the configuration changes.
//!
//! A service that exits is started again and again, and nobody sees why it fails; a page on the display tells whoever stands before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::live;
use super::stop::StopSignal;
use super::supervision::{Note, ServiceManager, Supervisor};
use crate::display::{self, Canvas, Display, DisplayEvent, DisplaySettings};
use crate::gpio::GpioSettings;
use crate::indicator::{Indicator, Signal};
use crate::input::{Event, InputError, Signals};
use crate::overlay::{self, ErrorPage};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Without a change it is tried again this often: a disk may have been mounted meanwhile, a camera plugged in.
const TRY_EVERY: Duration = Duration::from_secs(15);

/// Why a station can't start, and where to say it.
#[derive(Debug, Clone)]
pub struct NotReady {
    /// The page for the display.
    pub page: ErrorPage,
    /// Displays for the page; the first that opens is taken.
    pub displays: Vec<DisplaySettings>,
    /// Lines of a lamp and a buzzer that tell of a fault, where they are known.
    pub gpio: Option<GpioSettings>,
}

/// Tries until the attempt succeeds: at once, whenever one of `files` changes, and now and then. Between, the reason is shown and logged once. `None` where
/// `SIGINT`, `SIGTERM` or the closing of the window ended the waiting.
///
/// # Errors
/// [`InputError`] where signals can't be taken.
pub fn wait_until_ready<T>(
    files: &[PathBuf],
    attempt: impl FnMut() -> Result<T, Box<NotReady>>,
) -> Result<Option<T>, InputError> {
    let stop = Arc::new(StopSignal::default());
    let asked = Arc::clone(&stop);
    let _signals = Signals::read(move |event| {
        if matches!(event, Event::Finish | Event::FinishAtOnce) {
            asked.set();
        }
        true
    })?;
    let mut open = |settings: &DisplaySettings| {
        let opened = display::open(settings);
        opened
            .inspect_err(|error| tracing::warn!("the page can't be shown: {error}"))
            .ok()
    };
    let supervisor = ServiceManager::of_this_process();
    let mut waiting = Waiting {
        open: &mut open,
        indicator: &mut live::indicator,
        supervisor: supervisor.map(|manager| Box::new(manager) as Box<dyn Supervisor>),
        stop: &stop,
        look_every: LOOK_EVERY,
    };
    Ok(waiting.until_ready(files, attempt))
}

type Open<'a> = &'a mut dyn FnMut(&DisplaySettings) -> Option<Box<dyn Display>>;
type MakeIndicator<'a> = &'a mut dyn FnMut(&GpioSettings) -> Option<Indicator>;

/// What the waiting needs from around it.
struct Waiting<'a> {
    open: Open<'a>,
    indicator: MakeIndicator<'a>,
    supervisor: Option<Box<dyn Supervisor>>,
    stop: &'a StopSignal,
    look_every: Duration,
}

impl Waiting<'_> {
    fn until_ready<T>(
        &mut self,
        files: &[PathBuf],
        mut attempt: impl FnMut() -> Result<T, Box<NotReady>>,
    ) -> Option<T> {
        let mut shown = Shown {
            open: &mut *self.open,
            display: None,
            page: None,
        };
        let mut tell = |note| {
            if let Some(supervisor) = &mut self.supervisor {
                supervisor.tell(&note);
            }
        };
        let mut fault = Fault::default();
        loop {
            let seen = stamps(files);
            let problem = match attempt() {
                Ok(ready) => return Some(ready),
                Err(problem) => problem,
            };
            // Whoever started it is not to start it again: it is here that the reason is shown.
            tell(Note::Ready);
            let first_line = problem.page.reason.lines().next().unwrap_or_default();
            tell(Note::Status(format!("{}: {first_line}", problem.page.title)));
            fault.set(problem.gpio.as_ref(), self.indicator);
            fault.show();
            shown.show(problem);
            let tried = Instant::now();
            while stamps(files) == seen && tried.elapsed() < TRY_EVERY {
                tell(Note::Alive);
                fault.show();
                if self.stop.wait(self.look_every) || shown.was_closed() {
                    tell(Note::Stopping);
                    return None;
                }
            }
        }
    }
}

/// The lamp that blinks, and since when.
#[derive(Default)]
struct Fault(Option<(GpioSettings, Indicator, Instant)>);

impl Fault {
    /// Blinks on these lines from now on, if they are others than before.
    fn set(&mut self, lines: Option<&GpioSettings>, indicator: MakeIndicator<'_>) {
        if self.0.as_ref().map(|(before, ..)| before) != lines {
            // The lines before are given back first: they may be wanted for something else.
            self.0 = None;
            self.0 = lines.and_then(|lines| Some((lines.clone(), indicator(lines)?, Instant::now())));
        }
    }

    fn show(&mut self) {
        if let Some((_, indicator, since)) = &mut self.0 {
            let elapsed = since.elapsed();
            indicator.show(Signal::Fault.levels(elapsed), elapsed);
        }
    }
}

/// What tells that a file has changed: when it was written, and its length; `None` for one that is not there.
fn stamps(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(|path| stamp(path)).collect()
}

/// The page that is shown, and where.
struct Shown<'a> {
    open: Open<'a>,
    display: Option<(DisplaySettings, Box<dyn Display>)>,
    page: Option<ErrorPage>,
}

impl Shown<'_> {
    fn show(&mut self, problem: Box<NotReady>) {
        if self.page.as_ref() != Some(&problem.page) {
            tracing::error!("{}: {}", problem.page.title, problem.page.reason);
        }
        let is_wanted = |(settings, _): &(DisplaySettings, _)| problem.displays.contains(settings);
        if !self.display.as_ref().is_some_and(is_wanted) {
            let mut opened = problem
                .displays
                .into_iter()
                .filter_map(|settings| Some(((self.open)(&settings)?, settings)));
            self.display = opened.next().map(|(display, settings)| (settings, display));
        }
        if let Some((_, display)) = &mut self.display {
            let mut canvas = Canvas::new(display.size());
            let Ok(()) = overlay::draw_error_page(&problem.page, &mut canvas);
            if let Err(error) = display.show(&canvas) {
                tracing::error!("{error}");
                self.display = None;
            }
        }
        self.page = Some(problem.page);
    }

    fn was_closed(&mut self) -> bool {
        let events = self.display.as_mut().map(|(_, display)| display.events());
        events.is_some_and(|events| events.contains(&DisplayEvent::Closed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::{DisplayError, NoDisplay};
    use crate::frame::Size;
    use crate::indicator::Output;
    use std::sync::Mutex;

    const QUICK: Duration = Duration::from_millis(5);

    fn not_ready(reason: &str) -> Box<NotReady> {
        Box::new(NotReady {
            page: ErrorPage {
                title: "The configuration has an error".into(),
                reason: reason.into(),
                last_good: None,
                cure: "Correct it".into(),
            },
            displays: vec![
                DisplaySettings::None { size: Size::new(1, 1) },
                DisplaySettings::None {
                    size: Size::new(320, 240),
                },
            ],
            gpio: Some(GpioSettings::NONE),
        })
    }

    struct Listening(Arc<Mutex<Vec<Note>>>);

    impl Supervisor for Listening {
        fn tell(&mut self, note: &Note) {
            self.0.lock().unwrap().push(note.clone());
        }

        fn watchdog(&self) -> Option<Duration> {
            None
        }
    }

    struct Lamp(Arc<Mutex<Vec<bool>>>);

    impl Output for Lamp {
        fn set(&mut self, on: bool) -> Result<(), String> {
            self.0.lock().unwrap().push(on);
            Ok(())
        }
    }

    impl Drop for Lamp {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(false);
        }
    }

    /// Counts the pages that it was shown.
    struct Counting(Arc<Mutex<u32>>, NoDisplay);

    impl Display for Counting {
        fn name(&self) -> String {
            self.1.name()
        }

        fn size(&self) -> Size {
            self.1.size()
        }

        fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
            assert!(
                canvas.picture().pixels().any(|p| p.0 != [0; 3]),
                "the page is not empty"
            );
            *self.0.lock().unwrap() += 1;
            self.1.show(canvas)
        }
    }

    #[test]
    fn a_changed_file_is_read_again_and_the_page_is_on_the_first_display_that_opens() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("station.toml");
        let pages = Arc::new(Mutex::new(0));
        let mut tries = 0;
        let mut open = |settings: &DisplaySettings| -> Option<Box<dyn Display>> {
            let size = settings.size().unwrap();
            (size.width > 1).then(|| Box::new(Counting(Arc::clone(&pages), NoDisplay::new(size))) as _)
        };
        let attempt = || {
            tries += 1;
            // What somebody at a keyboard does meanwhile.
            match tries {
                1 => std::fs::write(&file, "half").unwrap(),
                2 => std::fs::write(&file, "whole text").unwrap(),
                _ => return Ok(tries),
            }
            Err(not_ready(&format!("error {tries}")))
        };
        let notes = Arc::new(Mutex::new(Vec::new()));
        let (lamp, mut lamps) = (Arc::new(Mutex::new(Vec::new())), 0);
        let mut make = |_: &GpioSettings| {
            lamps += 1;
            let lamp = Arc::clone(&lamp);
            let open = move || Ok(Box::new(Lamp(Arc::clone(&lamp))) as Box<dyn Output>);
            Some(Indicator::new(Some(Box::new(open)), None))
        };
        let mut waiting = Waiting {
            open: &mut open,
            indicator: &mut make,
            supervisor: Some(Box::new(Listening(Arc::clone(&notes)))),
            stop: &StopSignal::default(),
            look_every: QUICK,
        };
        assert_eq!(waiting.until_ready(std::slice::from_ref(&file), attempt), Some(3));
        let notes = notes.lock().unwrap();
        assert_eq!(notes[0], Note::Ready);
        assert_eq!(notes[1], Note::Status("The configuration has an error: error 1".into()));
        assert!(!notes.contains(&Note::Stopping), "{notes:?}");
        let lamp = lamp.lock().unwrap();
        assert_eq!(lamps, 1, "it goes on blinking from one attempt to the next");
        assert_eq!(
            (lamp.first(), lamp.last()),
            (Some(&true), Some(&false)),
            "given back to the station"
        );
        assert_eq!(*pages.lock().unwrap(), 2);
    }

    #[test]
    fn the_wish_to_end_ends_it() {
        let stop = StopSignal::default();
        stop.set();
        let notes = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Waiting {
            open: &mut |_| None,
            indicator: &mut |_| None,
            supervisor: Some(Box::new(Listening(Arc::clone(&notes)))),
            stop: &stop,
            look_every: QUICK,
        };
        assert_eq!(waiting.until_ready::<()>(&[], || Err(not_ready("always"))), None);
        assert_eq!(notes.lock().unwrap()[2..], [Note::Alive, Note::Stopping]);
    }
}
