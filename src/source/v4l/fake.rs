//! A device of the tests: it does what a script says.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::controls::{Control, Kind, Value};
use super::device::{Device, Filled, FourCc, Identity};
use super::mode::{Active, Mode, Offer, OfferedSize, Rates, colours};
use crate::frame::Size;

/// What happens when the next frame is waited for.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A buffer with these bytes.
    Bytes(Vec<u8>),
    /// A buffer as large as the mode asks for.
    Whole,
    /// A whole buffer after so many that the driver dropped.
    AfterGap(u32),
    /// A buffer that the driver marked.
    Damaged,
    /// Nothing in time.
    Silence,
    /// An error by its number.
    Error(i32),
}

/// What tests look at and change while the camera owns the device.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) steps: VecDeque<Step>,
    /// Everything that the device was asked, in order.
    pub(super) log: Vec<String>,
    /// Errors of the next calls of `set_mode`, by number, and of the next `start`.
    pub(super) set_mode_errors: VecDeque<Option<i32>>,
    pub(super) start_fails: Option<i32>,
    pub(super) refuse_control: Option<String>,
    /// The driver makes this of every wish, whatever it lists.
    pub(super) mode: Option<Mode>,
    /// Seconds that each frame was waited for.
    pub(super) waits: Vec<f64>,
}

pub(super) struct FakeDevice {
    identity: Identity,
    offers: Vec<Offer>,
    controls: Vec<Control>,
    desk: Arc<Mutex<Desk>>,
    active: Option<Active>,
    sequence: u32,
}

pub(super) fn offer(format: &[u8; 4], sizes: &[(u32, u32)], rates: &[f64]) -> Offer {
    let exact = |(w, h): &(u32, u32)| OfferedSize::Exact(Size::new(*w, *h), Rates::Listed(rates.to_vec()));
    Offer {
        format: FourCc(*format),
        description: String::new(),
        sizes: sizes.iter().map(exact).collect(),
    }
}

pub(super) fn control(label: &str, kind: Kind, least: i64, most: i64) -> Control {
    Control {
        least,
        most,
        default: least,
        ..Control::for_test(label, kind, Some(least), false)
    }
}

impl FakeDevice {
    /// A webcam with a small preview, a large still and two controls.
    pub(super) fn webcam(steps: impl IntoIterator<Item = Step>) -> (Self, Arc<Mutex<Desk>>) {
        let desk = Arc::new(Mutex::new(Desk {
            steps: steps.into_iter().collect(),
            ..Desk::default()
        }));
        let device = Self {
            identity: Identity {
                node: PathBuf::from("/dev/video7"),
                card: "Fake Cam".to_owned(),
                driver: "fake".to_owned(),
                bus: "usb-1".to_owned(),
                fitness: Ok(()),
            },
            offers: vec![offer(b"YUYV", &[(64, 48), (320, 240)], &[30.0, 5.0])],
            controls: vec![
                control("Exposure Time, Absolute", Kind::Integer, 3, 2047),
                control(
                    "Auto Exposure",
                    Kind::Menu(vec![
                        (1, "Manual Mode".to_owned()),
                        (3, "Aperture Priority Mode".to_owned()),
                    ]),
                    0,
                    3,
                ),
            ],
            desk: Arc::clone(&desk),
            active: None,
            sequence: 0,
        };
        (device, desk)
    }

    fn desk<T>(&self, with: impl FnOnce(&mut Desk) -> T) -> T {
        with(&mut self.desk.lock().unwrap())
    }
}

fn fails(error: Option<i32>) -> io::Result<()> {
    error.map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)))
}

impl Device for FakeDevice {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn offers(&mut self) -> io::Result<Vec<Offer>> {
        Ok(self.offers.clone())
    }

    fn set_mode(&mut self, mode: &Mode) -> io::Result<Active> {
        let mode = self.desk(|desk| {
            desk.log.push(format!("set {} {}", mode.format, mode.size));
            fails(desk.set_mode_errors.pop_front().flatten())?;
            Ok::<_, io::Error>(desk.mode.unwrap_or(*mode))
        })?;
        let active = Active {
            format: mode.format,
            size: mode.size,
            stride: mode.size.width * 2,
            colours: colours(mode.format, 0, 0, 0),
            rate: Some(mode.rate),
        };
        self.active = Some(active);
        Ok(active)
    }

    fn controls(&mut self) -> Vec<Control> {
        self.controls.clone()
    }

    fn set_control(&mut self, control: &Control, value: &Value) -> io::Result<()> {
        let name = control.name();
        self.desk(|desk| {
            desk.log.push(format!("{name} = {}", value.number));
            fails((desk.refuse_control.as_ref() == Some(&name)).then_some(libc::EACCES))
        })
    }

    fn start(&mut self, buffers: u32) -> io::Result<()> {
        self.sequence = 0;
        self.desk(|desk| {
            desk.log.push(format!("start with {buffers}"));
            fails(desk.start_fails.take())
        })
    }

    fn next(&mut self, within: Duration, bytes_max: usize) -> io::Result<Option<Filled>> {
        let step = self.desk(|desk| {
            desk.waits.push(within.as_secs_f64());
            desk.steps.pop_front().expect("the script tells what comes")
        });
        let size = self.active.expect("a mode is set before").size;
        let whole = || vec![128; size.pixels() as usize * 2];
        let (bytes, damaged) = match step {
            Step::Bytes(bytes) => (bytes, false),
            Step::Whole => (whole(), false),
            Step::AfterGap(lost) => {
                self.sequence = self.sequence.wrapping_add(lost);
                (whole(), false)
            }
            Step::Damaged => (Vec::new(), true),
            Step::Silence => return Ok(None),
            Step::Error(number) => return Err(io::Error::from_raw_os_error(number)),
        };
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(Some(Filled {
            bytes: bytes[..bytes.len().min(bytes_max)].into(),
            damaged,
            sequence,
            monotonic_ns: None,
        }))
    }

    fn stop(&mut self) {
        self.desk(|desk| desk.log.push("stop".to_owned()));
    }
}
