//! How a network is trained.

use std::fmt;

use serde::Serialize;

use super::TrainError;
use super::processor::Processor;

/// What a training does. The defaults are those of the published network's training (hdr-bgnn/BGNN-trait-segmentation,
/// `Notebook/single_model_training.ipynb`), on a frozen encoder as its model card says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainSettings {
    /// What stays as it is.
    pub freeze: Freeze,
    /// How pictures are altered.
    pub alteration: Alteration,
    /// How often every picture is seen.
    pub epochs: usize,
    /// Pictures of one step; the last of an epoch may have fewer.
    pub batch: usize,
    /// Adam's rate at first.
    pub rate: f64,
    /// Adam's rate later.
    pub later_rate: f64,
    /// How many epochs have the first rate.
    pub first_epochs: usize,
    /// The share of channels that is dropped before the last convolution; 0.2 in segmentation_models_pytorch 0.2.1 (`fpn/decoder.py`).
    pub dropout: f32,
    /// The run ends early when validation was no better for so many epochs; `None` for never.
    pub patience: Option<usize>,
    /// Of the order of pictures, their alterations and dropped channels. The same seed gives the same network on one kind of processor, with any number of threads.
    pub seed: u64,
    /// Bytes of features that may be kept.
    #[serde(skip)]
    pub cache: u64,
    /// Threads, 1 or more.
    #[serde(skip)]
    pub threads: usize,
    /// Where the learning layers are computed.
    #[serde(skip)]
    pub processor: Processor,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            freeze: Freeze::Prefix("encoder.".to_owned()),
            alteration: Alteration::Fresh,
            epochs: 120,
            batch: 8,
            rate: 1e-4,
            later_rate: 1e-5,
            first_epochs: 26,
            dropout: 0.2,
            patience: None,
            seed: 0,
            cache: 2 << 30,
            threads: std::thread::available_parallelism().map_or(1, usize::from).min(64),
            processor: Processor::default(),
        }
    }
}

impl TrainSettings {
    /// For a station's own fish: few pictures, minutes of work.
    ///
    /// The encoder's features of a fixed set are computed once, and a rate above that of the long training moves the decoder enough in few epochs.
    pub fn for_a_station() -> Self {
        Self {
            alteration: Alteration::Fixed { copies: 6 },
            epochs: 15,
            batch: 4,
            rate: 3e-4,
            later_rate: 5e-5,
            first_epochs: 10,
            patience: Some(6),
            ..Self::default()
        }
    }

    /// Adam's rate in an epoch, counted from 0.
    pub fn rate_in(&self, epoch: usize) -> f64 {
        if epoch < self.first_epochs {
            self.rate
        } else {
            self.later_rate
        }
    }

    /// That the numbers can be, and that this build and this machine have the processor.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with what is allowed.
    pub fn check(&self) -> Result<(), TrainError> {
        let refused = |words: &str| Err(TrainError::Setting(words.to_owned()));
        let rates = [self.rate, self.later_rate];
        if rates.iter().any(|rate| !(*rate > 0.0 && *rate <= 1.0)) {
            return refused("a learning rate is above 0 and at most 1");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refused("the share of dropped channels is from 0 to below 1");
        }
        if self.epochs == 0 || self.batch == 0 || self.threads == 0 || self.patience == Some(0) {
            return refused("epochs, batch, threads and patience are 1 or more");
        }
        if matches!(self.alteration, Alteration::Fixed { copies: 0 }) {
            return refused("a fixed set has 1 or more copies of each picture");
        }
        self.processor.device(self.threads).map(drop)
    }
}

/// What stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freeze {
    /// Nothing.
    Nothing,
    /// All weights whose names begin so.
    Prefix(String),
}

impl Freeze {
    pub(super) fn holds(&self, weight: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Prefix(prefix) => weight.starts_with(prefix.as_str()),
        }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "nothing"),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// How pictures are altered before the network sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// Not at all.
    None,
    /// Anew in every epoch, as the published notebook does.
    Fresh,
    /// Every picture in so many altered copies, the same in all epochs, as the model card has it; their features can be kept.
    Fixed {
        /// Copies of each picture; the first is not altered.
        copies: usize,
    },
}
